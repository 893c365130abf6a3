// A Docker daemon of gantry's own, for a host where none runs: its data, socket, bridge and addresses are its own, so
// that it meets no other daemon. Invariant: after a start it answers, or there is a fault that says why and nothing is
// left running; containers outlive it (live-restore). It needs root and Linux. It is not supervised.

import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Fault, messageOf, sha256 } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'
import { findProgram, readProcess, startDetached, stopProcess, waitFor } from '../host/index.ts'

export interface DaemonFolders {
  /** Images, volumes, containers; stays over restarts. */
  readonly data: string
  /** Run-time state. */
  readonly state: string
  readonly socket: string
  readonly pidFile: string
  readonly logFile: string
}

export interface DaemonOptions extends DaemonFolders {
  /** Second number of its addresses: 10.N.0.0/16. */
  readonly range: number
}

const startsWithinMs: Duration = 60_000
const stopsWithinMs: Duration = 30_000
/** Ranges to choose from; lower ones are more often somebody's. */
const ranges = { first: 110, last: 199 }
/** unix(7): 108 bytes with the zero at the end. */
const socketPathLimit = 107
const install = 'apt-get install --no-install-recommends docker.io iproute2 iptables'

/** A range of which no address or route is in use on this host. */
export async function chooseRange(): Promise<number> {
  const taken = await ip('-o', '-4', 'addr', 'show').then(
    async (addresses) => `${addresses}\n${await ip('-4', 'route', 'show')}`,
  )
  for (let range = ranges.first; range <= ranges.last; range += 1)
    if (!new RegExp(`\\b10\\.${range}\\.`).test(taken)) return range
  throw new Fault({
    what: 'there is no address range for a Docker daemon',
    why: `10.${ranges.first}.0.0/16 to 10.${ranges.last}.0.0/16 are all in use on this host`,
    fix: 'start a Docker daemon yourself and name its socket with --docker',
  })
}

/** Starts it, or finds it running; resolves once it answers. */
export async function startDaemon(options: DaemonOptions): Promise<{ readonly isNew: boolean }> {
  const { data, state, socket, pidFile, logFile, range } = options
  if ((await readProcess(pidFile)).state === 'running') {
    await untilAnswers(options, 0)
    return { isNew: false }
  }
  const program = await findProgram('dockerd')
  if (program === null) throw new Fault({ what: 'Docker is not installed', fix: install })
  if (Buffer.byteLength(socket) > socketPathLimit)
    throw new Fault({
      what: `the path ${socket} is too long for a socket`,
      why: `it has ${Buffer.byteLength(socket)} bytes, and the kernel takes ${socketPathLimit}`,
      fix: 'choose a shorter folder with --home',
    })
  if (process.geteuid?.() !== 0)
    throw new Fault({
      what: 'only root may start a Docker daemon',
      fix: 'run as root, or start Docker yourself and run this again',
    })
  await mkdir(data, { recursive: true, mode: 0o711 })
  await mkdir(state, { recursive: true, mode: 0o711 })
  await forgetDeadContainerd(join(state, 'containerd', 'containerd.pid'))
  await rm(join(state, 'dockerd.pid'), { force: true })
  const bridge = bridgeOf(socket)
  await addBridge(bridge, range)
  const logFrom = existsSync(logFile) ? readFileSync(logFile).length : 0
  await startDetached({
    command: program,
    args: [
      ...['--data-root', data, '--exec-root', state, '--pidfile', join(state, 'dockerd.pid')],
      ...['--host', `unix://${socket}`, '--live-restore'],
      ...['--bridge', bridge, '--default-address-pool', `base=10.${range}.128.0/17,size=24`],
      // Where a containerd of the system runs, dockerd uses that one; names there must not meet another daemon's.
      ...['--containerd-namespace', bridge, '--containerd-plugins-namespace', `${bridge}-plugins`],
    ],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DOCKER_'))),
    logFile,
    pidFile,
  })
  try {
    await untilAnswers(options, logFrom)
  } catch (error) {
    await stopDaemon(options)
    throw error
  }
  return { isNew: true }
}

/** Stops the daemon; its data stay. Containers run on: stop them first. */
export async function stopDaemon({ pidFile }: DaemonFolders): Promise<'stopped' | 'killed' | 'gone'> {
  return stopProcess(pidFile, { graceMs: stopsWithinMs })
}

/** Removes the bridge of a daemon that has been stopped, its rules, and what it or killed ones before it left mounted. */
export async function removeDaemonTraces(
  { data, state, socket }: DaemonFolders,
  range: number,
): Promise<void> {
  const bridge = bridgeOf(socket)
  await removeRules(new RegExp(`\\b${bridge}\\b|\\b10\\.${range}\\.\\d`))
  if (existsSync(`/sys/class/net/${bridge}`)) await ip('link', 'del', bridge)
  const below = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => [data, state].some((folder) => path === folder || path.startsWith(`${folder}/`)))
    .sort((a, b) => b.length - a.length)
  for (const path of below) await promisify(execFile)('umount', ['-l', path])
}

async function untilAnswers({ socket, pidFile, logFile }: DaemonFolders, logFrom: number): Promise<void> {
  await waitFor(
    async () => {
      if (await answers(socket)) return true
      if ((await readProcess(pidFile)).state === 'gone')
        throw new Fault({
          what: 'dockerd ended at once',
          why: endOf(logFile, logFrom),
          fix: `all it said is in ${logFile}`,
        })
      return false
    },
    { timeoutMs: startsWithinMs, what: `dockerd to answer on ${socket}` },
  )
}

/** Whether an engine answers on the socket now. */
export function answers(socket: string, timeoutMs: Duration = 3000): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ socketPath: socket, path: '/_ping', timeout: timeoutMs }, (reply) => {
      reply.resume()
      resolve(reply.statusCode === 200)
    })
    asking.on('error', () => resolve(false))
    asking.on('timeout', () => {
      asking.destroy()
      resolve(false)
    })
    asking.end()
  })
}

/** An interface's name has at most 15 characters; the socket's path tells daemons apart. */
function bridgeOf(socket: string): string {
  return `gantry${sha256(socket).slice(0, 8)}`
}

async function addBridge(bridge: string, range: number): Promise<void> {
  if (existsSync(`/sys/class/net/${bridge}`)) return
  await ip('link', 'add', bridge, 'type', 'bridge')
  await ip('addr', 'add', `10.${range}.0.1/24`, 'dev', bridge)
  await ip('link', 'set', bridge, 'up')
}

/**
 * A killed dockerd takes its containerd with it. Where nobody collects dead orphans the dead one keeps its number, and
 * a new dockerd would wait for it instead of starting another.
 */
async function forgetDeadContainerd(pidFile: string): Promise<void> {
  const pid = await readFile(pidFile, 'utf8').catch(() => null) // never started
  if (pid === null) return
  const stat = await readFile(`/proc/${pid.trim()}/stat`, 'utf8').catch(() => null) // gone
  if (stat === null || stat.includes(') Z ')) await rm(pidFile, { force: true })
}

/** A killed dockerd leaves its rules behind; they name its bridge or its range, and nobody else's do. */
async function removeRules(mine: RegExp): Promise<void> {
  const [save, iptables] = [await findProgram('iptables-save'), await findProgram('iptables')]
  if (save === null || iptables === null) return // then no daemon ever wrote a rule
  let table = 'filter'
  for (const line of (await promisify(execFile)(save)).stdout.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1)
    if (!line.startsWith('-A ') || !mine.test(line)) continue
    const rule = line.slice(3).split(' ')
    await promisify(execFile)(iptables, ['-w', '-t', table, '-D', ...rule]).catch((error: unknown) => {
      throw new Fault({ what: `cannot remove the rule ${line}`, why: messageOf(error) }, { cause: error })
    })
  }
}

async function ip(...args: readonly string[]): Promise<string> {
  const program = await findProgram('ip')
  if (program === null) throw new Fault({ what: 'the command ip is not installed', fix: install })
  try {
    return (await promisify(execFile)(program, args)).stdout
  } catch (error) {
    throw new Fault({ what: `ip ${args.join(' ')} failed`, why: messageOf(error) }, { cause: error })
  }
}

function endOf(logFile: string, from: number): string {
  const lines = readFileSync(logFile).subarray(from).toString('utf8').trim().split('\n')
  const errors = lines.filter((line) => /level=(error|fatal)|^failed/.test(line))
  return (errors.length > 0 ? errors : lines).slice(-2).join(' ').slice(-500)
}
