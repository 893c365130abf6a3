// Killing a container for certain: its processes by the kernel, which needs no engine that answers, and the engine's own
// kill, which needs no rights over processes. Invariant: only processes in the control group of that container are
// signalled, and the id of a container is 64 hexadecimal digits that nothing else bears.

import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import process from 'node:process'
import { messageOf } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'

const engineLimitMs: Duration = 5000
/** Between calls of an engine that has said that nothing of the container runs. */
const engineAgainMs: Duration = 10_000

const containerId = /^[0-9a-f]{64}$/

export interface Killer {
  /** False when nothing of it ran. Throws when that is not known and nothing could be killed. */
  (container: string): Promise<boolean>
}

export function createKiller(engineSocket: string, procFolder = '/proc'): Killer {
  /** When the engine said last that a container does not run. */
  const gone = new Map<string, number>()
  return async (container) => {
    if (!containerId.test(container))
      throw new Error(`${container.slice(0, 100)} is not the id of a container`)
    const { killed, denied } = killProcesses(container, procFolder)
    if (killed > 0) {
      gone.delete(container)
      return true
    }
    const saidAt = gone.get(container)
    if (!denied && saidAt !== undefined && performance.now() - saidAt < engineAgainMs) return false
    const ran = await killByEngine(engineSocket, container)
    if (!ran) gone.set(container, performance.now())
    for (const [id, at] of gone) if (performance.now() - at > 60 * engineAgainMs) gone.delete(id)
    return ran
  }
}

/** SIGKILL to every process whose control group names the container. */
function killProcesses(container: string, procFolder: string): { killed: number; denied: boolean } {
  let killed = 0
  let denied = false
  for (const name of readdirSync(procFolder)) {
    if (!/^\d+$/.test(name)) continue
    let groups: string
    try {
      groups = readFileSync(`${procFolder}/${name}/cgroup`, 'utf8')
    } catch {
      continue // it has ended meanwhile
    }
    if (!groups.includes(container)) continue
    try {
      process.kill(Number(name), 'SIGKILL')
      killed += 1
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) denied = true
    }
  }
  return { killed, denied }
}

/** Whether it ran. */
function killByEngine(socketPath: string, container: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath,
        method: 'POST',
        path: `/containers/${container}/kill?signal=KILL`,
        timeout: engineLimitMs,
      },
      (response) => {
        response.resume()
        const { statusCode = 0 } = response
        // 404: no such container; 409: it does not run.
        if (statusCode === 404 || statusCode === 409) resolve(false)
        else if (statusCode < 300) resolve(true)
        else reject(new Error(`the engine answers ${statusCode}`))
      },
    )
    call.on('timeout', () => call.destroy(new Error(`no answer within ${engineLimitMs / 1000} s`)))
    call.on('error', (error) => reject(new Error(`the engine does not kill it: ${messageOf(error)}`)))
    call.end()
  })
}
