// What operators do with nodes, by the command, on the one-node cluster that `gantry up` makes; and a fenced database
// there, whose agent and guard are killed. The containers are looked at in the engine.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { importBusybox } from '../support/dockerd.ts'
import { runGantry } from '../support/gantry.ts'
import type { Ran } from '../support/gantry.ts'
import { eventually } from '../support/testbed.ts'

const work = mkdtempSync(join(tmpdir(), 'gantry-nodes-'))
const home = join(work, 'home')
const folder = join(work, 'shop')
let docker: Docker

const gantry = (...args: readonly string[]) => runGantry(args, { cwd: work, env: { GANTRY_HOME: home } })

async function done(...args: readonly string[]): Promise<Ran> {
  const ran = await gantry(...args)
  expect(ran.code, ran.out + ran.err).toBe(0)
  return ran
}

const program = `import { service, stack, volume } from 'gantry'
export default stack('shop', {}, () => {
  const data = volume('data', { access: 'single-writer' })
  service('db', {
    image: 'busybox:nodes',
    command: ['/bin/sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
    mounts: { '/data': data },
    onLost: 'fence',
    fenceAfter: '6s',
    stopGrace: '1s',
    rollout: { minHealthy: '1s' },
  })
})
`

async function running(): Promise<string[]> {
  const list = await docker.listContainers({ filters: { label: ['gantry.stack=shop'] } })
  return list.map(({ Id }) => Id)
}

function pidOf(name: string): number {
  const text = readFileSync(join(home, 'run', `${name}.pid`), 'utf8')
  return z.object({ pid: z.int() }).parse(JSON.parse(text)).pid
}

describe('gantry node', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'shop.stack.ts'), program)
    await done('up', '--own-docker', '--node', 'h1')
    docker = new Docker({ socketPath: join(home, 'run/docker.sock') })
    await importBusybox(join(home, 'run/docker.sock'), 'busybox:nodes')
    await done('apply', folder, '--yes')
  }, 180_000)

  afterAll(async () => {
    await done('down', '--purge', '--yes')
    rmSync(work, { recursive: true, force: true })
  }, 120_000)

  test('lists and shows nodes, within 80 columns', async () => {
    const list = await done('node', 'ls')
    expect(list.out).toMatch(/^NODE +STATUS +AVAILABLE +TASKS +CPU +MEMORY +NOTE\nh1 +ready +active +1 /)
    const shown = await done('node', 'inspect', 'h1')
    expect(shown.out).toMatch(/\nplatform +linux\/\w+, kernel \d/)
    expect(shown.out).toMatch(/\ndisk +\d/)
    expect(shown.out).toContain('shop/db.1  running')
    for (const line of `${list.out}\n${shown.out}`.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const parsed: unknown = JSON.parse((await done('node', 'ls', '--json')).out)
    expect(parsed).toMatchObject({ format_version: 1, nodes: [{ name: 'h1', status: 'ready' }] })
  })

  test('refuses what makes no sense, with its own exit codes', async () => {
    expect(await gantry('node', 'inspect', 'nobody')).toMatchObject({ code: 1 })
    expect(await gantry('node', 'label', 'h1', 'zone')).toMatchObject({ code: 64 })
    expect(await gantry('node', 'taint', 'h1', 'gpu')).toMatchObject({ code: 64 })
    expect(await gantry('node', 'release')).toMatchObject({ code: 1 })
    expect(await gantry('node', 'drain')).toMatchObject({ code: 64 })
    const removed = await gantry('node', 'remove', 'h1', '--yes')
    expect(removed.code).toBe(1)
    expect(removed.err).toContain('drain it first: gantry node drain h1')
  })

  test('labels, taints, and a drain that says what holds it up', async () => {
    await done('node', 'label', 'h1', 'zone=a')
    await done('node', 'taint', 'h1', 'spot:noschedule')
    const before = await running()
    const drained = await gantry('node', 'drain', 'h1', '--wait', '--timeout', '3s')
    expect(drained.code).toBe(8)
    expect(drained.err).toContain('shop/db.1: it would not come up again')
    expect(await running()).toEqual(before)
    const { out } = await done('node', 'inspect', 'h1')
    expect(out).toContain('zone=a')
    expect(out).toContain('spot:noschedule')
    await done('node', 'activate', 'h1')
    await done('node', 'taint', 'h1', 'spot-')
    await done('node', 'label', 'h1', 'zone-')
    expect((await done('node', 'inspect', 'h1')).out).not.toContain('zone=a')
  })

  test('a guard that is killed is started again', async () => {
    const before = pidOf('guard')
    process.kill(before, 'SIGKILL')
    await eventually('another guard runs', 15_000, () => pidOf('guard') !== before)
    await sleep(1000)
    expect(await running()).toHaveLength(1)
  })

  test('a fenced container is dead soon after its agent, and back with the agent', async () => {
    const [container] = await running()
    process.kill(pidOf('agent'), 'SIGKILL')
    const began = performance.now()
    await eventually('it is dead', 8000, async () => (await running()).length === 0)
    expect(performance.now() - began).toBeGreaterThan(3000)
    await done('up')
    await eventually('it runs again', 30_000, async () => {
      const now = await running()
      return now.length === 1 && now[0] !== container
    })
  })
})
