// The guard on a real Docker daemon: what has no lease is dead, whether or not the engine answers.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { callEngine, importBusybox, startDockerd } from '../../../test/support/dockerd.ts'
import type { Dockerd } from '../../../test/support/dockerd.ts'
import type { Guard } from '../../agent/index.ts'
import { bootTime } from './boot.ts'
import { createGuard } from './client.ts'
import { createKiller } from './kill.ts'
import { runGuard } from './server.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const image = 'gantry-guard-test:1'
let daemon: Dockerd
let folder: string
let stop: AbortController
let running: Promise<void> | null
let guard: Guard
let starts = 0

beforeAll(async () => {
  daemon = await startDockerd('guard')
  await importBusybox(daemon.socket, image)
}, 60_000)
afterAll(async () => (daemon as Dockerd | undefined)?.stop(), 60_000)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-guard-'))
  stop = new AbortController()
  running = null
  starts = 0
  const socketPath = join(folder, 'guard.sock')
  guard = createGuard({
    socketPath,
    start: async () => {
      starts += 1
      running = runGuard({
        socketPath,
        kill: createKiller(daemon.socket),
        logger: quiet,
        signal: stop.signal,
      })
    },
  })
})
afterEach(async () => {
  stop.abort()
  await running
  rmSync(folder, { recursive: true, force: true })
})

async function create(): Promise<string> {
  const made = (await callEngine(daemon.socket, 'POST', '/containers/create', {
    Image: image,
    // Ignores what asks it to end.
    Cmd: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
    HostConfig: { NetworkMode: 'none' },
  })) as { Id: string } // the engine's own answer
  return made.Id
}

const start = (id: string) => callEngine(daemon.socket, 'POST', `/containers/${id}/start`)

async function stateOf(id: string): Promise<{ Running: boolean; ExitCode: number; Pid: number }> {
  const found = await callEngine(daemon.socket, 'GET', `/containers/${id}/json`)
  return (found as { State: { Running: boolean; ExitCode: number; Pid: number } }).State // as above
}

async function until(what: string, limitMs: number, check: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`)
    await sleep(20)
  }
}

const isDead = (pid: number) => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

test('a container runs while its lease is renewed, and is dead when it is not', async () => {
  const id = await create()
  await guard.hold([{ task: 'db', container: id, until: guard.now() + 1000 }])
  await start(id)
  for (let round = 0; round < 6; round += 1) {
    await guard.hold([{ task: 'db', container: id, until: guard.now() + 1000 }])
    await sleep(400)
    expect((await stateOf(id)).Running).toBe(true)
  }
  expect(starts).toBe(1)
  await until('it is dead', 1500, async () => !(await stateOf(id)).Running)
  expect((await stateOf(id)).ExitCode).toBe(137)
})

test('a container is dead in time though the engine does not answer', async () => {
  const id = await create()
  const before = bootTime()
  await guard.hold([{ task: 'db', container: id, until: before + 2000 }])
  await start(id)
  const { Pid } = await stateOf(id)
  daemon.pause()
  try {
    await until('its process is dead', 3000, () => isDead(Pid))
    expect(bootTime() - before).toBeGreaterThanOrEqual(1990)
  } finally {
    daemon.resume()
  }
})

test('a container that is started after its lease has ended does not live', async () => {
  const id = await create()
  await guard.hold([{ task: 'db', container: id, until: guard.now() + 200 }])
  await sleep(500)
  await start(id)
  await until('it is dead', 2000, async () => !(await stateOf(id)).Running)
})

test('what is held is told to whoever asks, and a guard that holds nothing is not started', async () => {
  expect(await guard.held()).toEqual([])
  await guard.hold([])
  expect(starts).toBe(0)
  const lease = { task: 'db', container: 'f'.repeat(64), until: guard.now() + 60_000 }
  await guard.hold([lease])
  expect(await guard.held()).toEqual([lease])
  await guard.hold([])
  expect(await guard.held()).toEqual([])
})

test('only what is the id of a container is ever killed', async () => {
  const kill = createKiller(daemon.socket)
  await expect(kill('docker')).rejects.toThrow('is not the id of a container')
  await expect(kill('')).rejects.toThrow('is not the id of a container')
  expect(await kill('0'.repeat(64))).toBe(false)
})
