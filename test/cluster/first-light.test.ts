// The way of a new user, on a real Docker daemon and a real nats-server: examples/hello comes up, is edited, survives
// the death of each part, and goes. The containers are looked at from outside, through the engine's own API and the
// published port, never through what gantry says of itself alone.

import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../src/adapters/host/index.ts'
import type { ClusterView } from '../../src/model/index.ts'
import { root, run, runGantry } from '../support/gantry.ts'

const work = mkdtempSync(join(tmpdir(), 'gantry-e2e-'))
const home = join(work, 'home')
const stackFolder = join(work, 'hello')
let port = 0
let docker: Docker

const gantry = (...args: readonly string[]) => runGantry(args, { cwd: work, env: { GANTRY_HOME: home } })

async function status(): Promise<ClusterView> {
  const { out, code, err } = await gantry('status', '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as ClusterView // the command's own promise
}

/** Containers of the example as the engine sees them: `service.slot` → container. */
async function containers(): Promise<Map<string, { id: string; revision: string; image: string }>> {
  const found = new Map<string, { id: string; revision: string; image: string }>()
  for (const container of await docker.listContainers({ filters: { label: ['gantry.stack=hello'] } }))
    found.set(`${container.Labels['gantry.service']}.${container.Labels['gantry.slot']}`, {
      id: container.Id,
      revision: container.Labels['gantry.revision'] ?? '',
      image: container.Image,
    })
  return found
}

async function visit(): Promise<{ count: number; page: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/cgi-bin/hello`, {
    signal: AbortSignal.timeout(10_000),
    headers: { connection: 'close' },
  })
  const page = await response.text()
  return { count: Number(/<strong>(\d+)</.exec(page)?.[1]), page }
}

async function eventually<Result>(
  what: string,
  limitMs: number,
  check: () => Promise<Result | null | false>,
): Promise<Result> {
  const until = Date.now() + limitMs
  let problem: unknown
  for (;;) {
    try {
      const result = await check()
      if (result !== null && result !== false) return result
      problem = undefined
    } catch (error) {
      problem = error
    }
    if (Date.now() > until)
      throw new Error(
        `not within ${limitMs} ms: ${what}\n${problem instanceof Error ? problem.message : ''}`,
        { cause: problem },
      )
    await sleep(100)
  }
}

function isSettled(view: ClusterView): boolean {
  return (
    view.services.length === 2 &&
    view.services.every(
      ({ healthy, replicas, rollout }) =>
        healthy === replicas && (rollout.status === 'done' || rollout.status === 'rolled-back'),
    ) &&
    view.tasks.filter((task) => task.kind === 'service').length ===
      view.services.reduce((sum, service) => sum + service.replicas, 0)
  )
}

const healthyAgain = (what: string) =>
  eventually(what, 60_000, async () => {
    const view = await status()
    if (isSettled(view)) return view
    throw new Error((await gantry('status')).out)
  })

function pidOf(name: string): number {
  const record: unknown = JSON.parse(
    readFileSync(join(home, name === 'nats' ? 'nats' : 'run', `${name}.pid`), 'utf8'),
  )
  if (typeof record === 'object' && record !== null && 'pid' in record && typeof record.pid === 'number')
    return record.pid
  throw new Error(`no pid of ${name}`)
}

async function kill(name: string): Promise<void> {
  const pid = pidOf(name)
  process.kill(pid, 'SIGKILL')
  await eventually(`${name} is dead`, 10_000, async () => !existsSync(`/proc/${pid}`) || isZombie(pid))
}

function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

function edit(change: (source: string) => string): void {
  const file = join(stackFolder, 'hello.stack.ts')
  const before = readFileSync(file, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  writeFileSync(file, after)
}

const apply = (...more: readonly string[]) =>
  gantry('apply', stackFolder, '--input', `port=${port}`, '--yes', ...more)

describe('first light', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    port = await freePort('0.0.0.0')
    cpSync(join(root, 'examples/hello'), stackFolder, { recursive: true })
    const up = await gantry('up', '--own-docker', '--node', 'h1')
    expect(up.code, up.err).toBe(0)
    docker = new Docker({ socketPath: join(home, 'run/docker.sock') })
    const base = await run(process.execPath, [
      join(root, 'scripts/base-image.ts'),
      '--docker',
      join(home, 'run/docker.sock'),
    ])
    expect(base.code, base.err).toBe(0)
  }, 180_000)

  afterAll(async () => {
    const down = await gantry('down', '--purge', '--yes')
    expect(down.code, down.err).toBe(0)
    rmSync(work, { recursive: true, force: true })
  }, 120_000)

  test('apply brings the example up: two fronts, two apis, a job that ran once, a counter', async () => {
    const applied = await apply()
    expect(applied.code, applied.out + applied.err).toBe(0)
    const view = await status()
    expect(isSettled(view)).toBe(true)
    expect(view.jobs.map(({ address, status: how, run: times }) => ({ address, how, times }))).toEqual([
      { address: 'hello/seed', how: 'complete', times: 1 },
    ])
    const first = await visit()
    expect(first.page).toContain('Hello from gantry')
    const second = await visit()
    expect(second.count).toBe(first.count + 1)
    // The secret is a file, and stands in no environment.
    for (const [name, { id }] of await containers())
      if (name.startsWith('api')) {
        const inspected = await docker.getContainer(id).inspect()
        expect(inspected.Config.Env).toContain('SIGNING_KEY_FILE=/run/secrets/signing-key')
        expect(inspected.Mounts.map((mount) => mount.Destination).sort()).toEqual(['/data', '/run/secrets'])
      }
  })

  test('a second apply says that there is nothing to do, exits with 0 and touches nothing', async () => {
    const before = await containers()
    const again = await apply()
    expect(again.code).toBe(0)
    expect(again.out).toMatch(/nothing to do/)
    expect(await containers()).toEqual(before)
  })

  test('more replicas: the others are not touched, and the plan names the line', async () => {
    const before = await containers()
    edit((source) => source.replace(/(service\('web', \{\s+image: build\('\.\/web'\),\s+replicas: )2/, '$13'))
    const plan = await gantry('plan', stackFolder, '--input', `port=${port}`, '--detailed-exitcode')
    expect(plan.code).toBe(2)
    expect(plan.out).toMatch(/replicas\s+2 → 3\s+.*hello\.stack\.ts:|replicas\s+2 → 3\s+:\d+/)
    expect((await apply()).code).toBe(0)
    const after = await containers()
    for (const [name, { id }] of before) expect(after.get(name)?.id, name).toBe(id)
    expect([...after.keys()].filter((name) => !before.has(name))).toEqual(['web.3'])
  })

  test('another env value: only that service moves, and no request is lost meanwhile', async () => {
    const before = await containers()
    edit((source) => source.replace("'Hello'", "'Hi'"))
    const over = new AbortController()
    let failures = 0
    let requests = 0
    const visitor = (async () => {
      while (!over.signal.aborted) {
        requests += 1
        await visit().then(
          ({ count }) => (Number.isNaN(count) ? (failures += 1) : undefined),
          () => (failures += 1),
        )
      }
    })()
    const applied = await apply()
    over.abort()
    await visitor
    expect(applied.code, applied.err).toBe(0)
    const after = await containers()
    for (const [name, { id }] of before)
      if (name.startsWith('api')) expect(after.get(name)?.id, name).toBe(id)
      else expect(after.get(name)?.id, name).not.toBe(id)
    expect((await visit()).page).toContain('Hi from gantry')
    expect({ failures, some: requests > 3 }).toEqual({ failures: 0, some: true })
  })

  test('another image: built by its content, the service moves to it, the counter goes on', async () => {
    const { count } = await visit()
    const before = await containers()
    const script = join(stackFolder, 'api/start.sh')
    writeFileSync(script, `${readFileSync(script, 'utf8')}# changed\n`)
    const applied = await apply()
    expect(applied.code, applied.err).toBe(0)
    const after = await containers()
    for (const [name, { id, image }] of before)
      if (name.startsWith('api')) expect(after.get(name)?.image).not.toBe(image)
      else expect(after.get(name)?.id, name).toBe(id)
    expect((await visit()).count).toBe(count + 1)
    expect((await status()).jobs[0]?.run).toBe(1)
  })

  test('logs shows what tasks wrote, and -f goes on through a restart', async () => {
    const { out, code } = await gantry('logs', 'hello/seed')
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('the counter starts at 0') as string,
    })
    const none = await gantry('logs', 'hello/nothing')
    expect(none.code).toBe(1)
    expect(none.err).toMatch(/there is no hello\/nothing/)
  })

  test('a killed container is back within seconds, with the counter', async () => {
    const { count } = await visit()
    const victim = (await containers()).get('api.1')
    await docker.getContainer(victim?.id ?? '').kill()
    const killedAt = Date.now()
    await eventually('api.1 is another container and healthy', 15_000, async () => {
      const now = (await containers()).get('api.1')
      return now !== undefined && now.id !== victim?.id && isSettled(await status())
    })
    expect(Date.now() - killedAt).toBeLessThan(15_000)
    expect((await visit()).count).toBe(count + 1)
  })

  test('the server is killed and started: it folds the log, and no container restarts', async () => {
    const before = await containers()
    await kill('server')
    expect((await visit()).count).toBeGreaterThan(0)
    expect((await gantry('up')).code).toBe(0)
    await healthyAgain('all healthy under the new leader')
    expect(await containers()).toEqual(before)
  })

  test('the agent is killed and started: it adopts what runs, and no container restarts', async () => {
    const before = await containers()
    await kill('agent')
    expect((await gantry('up')).code).toBe(0)
    await healthyAgain('all healthy under the new agent')
    expect(await containers()).toEqual(before)
    // The agent carries the published port: it opens it again once it has looked at what runs.
    await eventually('the front answers', 10_000, async () => (await visit()).count > 0)
  })

  test('nats-server is killed and started: everyone reconnects, and no container restarts', async () => {
    const before = await containers()
    await kill('nats')
    expect((await gantry('up')).code).toBe(0)
    await healthyAgain('all healthy after the reconnect')
    expect(await containers()).toEqual(before)
  })

  test('dockerd is killed and started: the agent reconnects and reconciles', async () => {
    await kill('dockerd')
    expect((await gantry('up')).code).toBe(0)
    await healthyAgain('all healthy with the engine back')
    const { count } = await visit()
    expect(count).toBeGreaterThan(0)
  })

  test('a broken image is rolled back, exit 7, and the old one serves on', async () => {
    const before = await containers()
    const script = join(stackFolder, 'web/start.sh')
    const good = readFileSync(script, 'utf8')
    writeFileSync(script, 'echo "broken on purpose"; exit 1\n')
    const applied = await apply()
    expect(applied.code, applied.out).toBe(7)
    expect(await containers()).toEqual(before)
    expect((await visit()).page).toContain('Hi from gantry')
    writeFileSync(script, good)
    expect((await apply()).code).toBe(0)
  })

  test('a port that another process holds is said before anything is applied', async () => {
    const before = await status()
    const busy = createServer().listen(0, '0.0.0.0')
    await once(busy, 'listening')
    const address = busy.address()
    const taken = address !== null && typeof address === 'object' ? address.port : 0
    const refused = await gantry('apply', stackFolder, '--input', `port=${taken}`, '--yes')
    busy.close()
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(new RegExp(`publishes port ${taken}, which is taken on this host: .*process`))
    expect((await status()).stacks).toEqual(before.stacks)
  })

  test('an unknown stack is an error for status, logs and destroy', async () => {
    for (const args of [
      ['status', 'nosuch'],
      ['logs', 'nosuch'],
      ['destroy', 'nosuch', '--yes'],
    ]) {
      const { code, err } = await gantry(...args)
      expect({ args, code }).toEqual({ args, code: 1 })
      expect(err).toMatch(/^error: there is no (stack )?nosuch/)
    }
  })

  test('without a terminal an apply that needs a yes is wrong usage, and changes nothing', async () => {
    const { code, err } = await gantry(
      'apply',
      stackFolder,
      '--input',
      `port=${port}`,
      '--input',
      'greeting=X',
    )
    expect(code).toBe(64)
    expect(err).toMatch(/--yes/)
  })

  test('down and up: what was stopped comes back, with the counter', async () => {
    const { count } = await visit()
    const down = await gantry('down')
    expect(down.code, down.err).toBe(0)
    expect((await gantry('status')).code).toBe(1)
    expect((await gantry('up')).code).toBe(0)
    await healthyAgain('all healthy after down and up')
    const again = await eventually('the front answers', 30_000, async () => {
      const visited = await visit()
      return visited.count > 0 ? visited : null
    })
    expect(again.count).toBe(count + 1)
  })

  test('destroy removes containers and network, the volume stays and is found again', async () => {
    const { count } = await visit()
    const destroyed = await gantry('destroy', 'hello', '--yes')
    expect(destroyed.code, destroyed.err).toBe(0)
    expect(await docker.listContainers({ all: true, filters: { label: ['gantry.stack=hello'] } })).toEqual([])
    await eventually('the network is gone', 10_000, async () => {
      const networks = await docker.listNetworks({ filters: { label: ['gantry.stack=hello'] } })
      return networks.length === 0
    })
    expect((await apply()).code).toBe(0)
    expect((await visit()).count).toBe(count + 1)
    const gone = await gantry('destroy', 'hello', '--yes', '--delete-volume', 'data')
    expect(gone.code, gone.err).toBe(0)
    const { Volumes } = await docker.listVolumes({ filters: { label: ['gantry.stack=hello'] } })
    expect(Volumes).toEqual([])
  })
})
