// The walking skeleton in virtual time: the same server and agent code that runs for real, through apply, crash, kill
// and outage. Every test looks at the cluster from outside: at the log, at the containers, at the published ports.

import { describe, expect, test } from 'vitest'
import { volumeName } from '../../src/agent/index.ts'
import type { TaskTemplate } from '../../src/model/index.ts'
import type { World } from '../../src/sim/index.ts'
import {
  applied,
  apply,
  destroy,
  healthyTasks,
  isSettled,
  joined,
  leaderOf,
  nodeOf,
  only,
  serverOf,
} from './cluster.ts'
import { after, afterJob, job, service, singleWriter, stack } from './stack.ts'

const web = (image: string) =>
  stack({ services: { web: service({ image: { ref: image } }, { replicas: 2 }) } })

function clusterOf(world: World): string {
  return world.state.cluster?.id ?? ''
}

/** Names of what runs, with the image. */
function runs(world: World, index = 0): string[] {
  return nodeOf(world, index)
    .host.running()
    .map(({ request }) => `${request.labels['gantry.service'] ?? ''} ${request.image}`)
    .sort()
}

describe('apply', () => {
  test('brings a service up in fractions of a second, and a crash is healed within two', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await apply(world, web('web:1'))
    await world.until('two healthy tasks', () => healthyTasks(world).length === 2, 700)
    await world.until('the rollout is done', () => isSettled(world))

    const [first] = host.running()
    if (!first) throw new Error('nothing runs')
    const crashedAt = world.clock.monotonic()
    host.exit(first.id, 1)
    await world.until('the crash is seen', () => healthyTasks(world).length === 1, 100)
    await world.until('two healthy tasks again', () => healthyTasks(world).length === 2, 2000)

    expect(host.running()).toHaveLength(2)
    expect(host.starts).toHaveLength(3)
    expect((host.starts[2]?.at ?? 0) - crashedAt).toBeGreaterThanOrEqual(1000)
    expect(world.view.tasks.map((task) => task.restarts).sort()).toEqual([0, 1])
  })

  test('hands a generated secret through a file and an environment, and names endpoints by their host', async () => {
    const world = await joined()
    const document = stack({
      services: {
        api: service(),
        web: service({
          env: {
            API: {
              text: ['http://', { endpoint: { service: 'api', port: 'http', container: 8080 } }, '/v1'],
            },
            TOKEN_FILE: { secretFile: 'token' },
            TOKEN: { text: ['t=', { secret: 'token' }] },
          },
          secretFiles: ['token'],
        }),
      },
      secrets: { token: { generateBytes: 24 } },
    })
    await applied(world, document)
    const { host, secrets } = nodeOf(world)
    const container = only(host.running().filter(({ request }) => request.labels['gantry.service'] === 'web'))
    const value = Buffer.from(only(secrets.files.values()).get('token') ?? []).toString()
    expect(value).toMatch(/^[A-Za-z0-9_-]{32}$/)
    expect(container.request.env).toEqual({
      API: 'http://api.hello.internal:8080/v1',
      TOKEN_FILE: '/run/secrets/token',
      TOKEN: `t=${value}`,
    })
    expect(container.request.mounts).toContainEqual(
      expect.objectContaining({ kind: 'bind', target: '/run/secrets', readOnly: true }),
    )
    expect(JSON.stringify(world.history)).not.toContain(value)
    expect(container.request.aliases).toEqual(['web', 'web.hello.internal', '1.web.hello.internal'])
  })

  test('hands a secret of any bytes over as a file, and refuses it in a variable until it is text', async () => {
    const world = await joined()
    const { host, secrets } = nodeOf(world)
    const set = (value: Uint8Array) =>
      world.ask('secretSet', { stack: 'hello', name: 'key', value: Buffer.from(value).toString('base64') })
    const bytes = Uint8Array.of(0x73, 0x33, 0x63, 0xff, 0, 0x0a)
    await set(bytes)
    await apply(
      world,
      stack({
        services: {
          file: service({ secretFiles: ['key'] }),
          text: service({ env: { KEY: { text: [{ secret: 'key' }] } } }),
        },
        secrets: { key: {} },
      }),
    )
    const troubles = () => world.view.tasks.flatMap(({ message }) => message ?? [])
    await world.until(
      'one runs, and the other says why not',
      () => troubles().length > 0 && host.running().length > 0,
    )
    expect([...only(secrets.files.values()).entries()]).toEqual([['key', bytes]])
    expect(only(troubles())).toMatch(
      /^the variable KEY cannot hold the value of the secret key, which is not text/,
    )
    expect(host.running().map(({ request }) => request.labels['gantry.service'])).toEqual(['file'])

    await set(new TextEncoder().encode('s3cret'))
    await world.until('both run', () => healthyTasks(world).length === 2, 60_000)
    expect(host.running().flatMap(({ request }) => request.env['KEY'] ?? [])).toEqual(['s3cret'])
  })

  test('gives secret files to the user of the image, and refuses one whose number it cannot know', async () => {
    const world = await joined()
    const { host, secrets } = nodeOf(world)
    host.imageUsers.set('numbered:1', '1000:1000').set('named:1', 'app')
    const of = (ref: string, template: Partial<TaskTemplate> = {}) =>
      service({ image: { ref }, secretFiles: ['token'], ...template })
    await apply(
      world,
      stack({
        services: {
          root: of('web:1'),
          numbered: of('numbered:1'),
          named: of('named:1'),
          written: of('named:1', { user: '2000' }),
          free: service({ image: { ref: 'named:1' } }),
        },
        secrets: { token: { generateBytes: 24 } },
      }),
    )
    await world.until('all others run', () => healthyTasks(world).length === 4)
    const owners = [...secrets.owners].map(([task, owner]) => [task.split('.')[1], owner])
    expect(Object.fromEntries(owners)).toEqual({ root: null, numbered: 1000, written: 2000 })
    expect(world.view.tasks.filter(({ message }) => message !== null)).toMatchObject([
      {
        owner: 'hello/named',
        message: expect.stringMatching(/^the image named:1 runs as 'app', /) as unknown,
      },
    ])
  })

  test('of a changed port replaces the tasks that refer to it, and each is told the number it was declared with', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    const at = (container: number) =>
      stack({
        services: {
          api: service({ ports: { http: { container, protocol: 'http' } } }),
          web: service({
            env: { API: { text: ['http://', { endpoint: { service: 'api', port: 'http', container } }] } },
          }),
          other: service(),
        },
      })
    const told = () =>
      host.running().map(({ id, request }) => [request.labels['gantry.service'], id, request.env['API']])
    await applied(world, at(8080))
    const before = told()
    await applied(world, at(9090))
    await world.until('the old tasks are gone', () => host.running().length === 3)
    const kept = told().filter(([, id]) => before.some(([, old]) => old === id))
    expect(kept.map(([name]) => name)).toEqual(['other'])
    expect(told().flatMap(([, , api]) => api ?? [])).toEqual(['http://api.hello.internal:9090'])
    expect(before.flatMap(([, , api]) => api ?? [])).toEqual(['http://api.hello.internal:8080'])
  })

  test('waits for what a service depends on', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(
      world,
      stack({
        services: {
          api: service({}, { dependsOn: [afterJob('seed')] }),
          web: service({}, { dependsOn: [after('api')] }),
        },
        jobs: { seed: job() },
      }),
    )
    expect(host.starts.map(({ task }) => task.split('.')[1])).toEqual(['seed', 'api', 'web'])
  })

  test('says why an image cannot be had, and goes on once it can', async () => {
    const world = await joined()
    await apply(world, stack({ services: { web: service({ image: { ref: 'absent:1' } }) } }))
    await world.until('the task says so', () => only(world.view.tasks).message !== null)
    expect(only(world.view.tasks)).toMatchObject({
      phase: 'preparing',
      message: 'no registry has the image absent:1',
    })
    await apply(world, web('web:1'))
    await world.until('two healthy tasks', () => healthyTasks(world).length === 2)
  })

  test('a container that will not start is a failed start, with what the engine says', async () => {
    const world = await joined()
    await apply(world, stack({ services: { web: service({ image: { ref: 'refused:1' } }) } }))
    await world.until('the task says so', () => only(world.view.tasks).phase === 'backoff')
    expect(only(world.view.tasks).message).toMatch(/executable file not found/)
  })
})

describe('an update', () => {
  test('rolls start-first and never has fewer healthy tasks than before', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    await apply(world, web('web:2'))
    let lowest = Infinity
    await world.until('the update is done', () => {
      lowest = Math.min(lowest, healthyTasks(world).length)
      return isSettled(world) && host.running().length === 2
    })
    expect(lowest).toBe(2)
    expect(runs(world)).toEqual(['web web:2', 'web web:2'])
    await world.until('the old containers are gone', () => host.containers.size === 2)
  })

  test('that fails goes back by itself, and the old tasks were never touched', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    const before = host.running().map(({ id }) => id)
    await apply(world, web('broken:1'))
    await world.until('it is rolled back', () => {
      const rollout = world.state.services.get('hello/web')?.rollout
      return rollout?.status === 'rolled-back' && world.state.tasks.size === 2
    })
    expect(world.state.services.get('hello/web')?.rollout.reason).toMatch(/ended with exit code 1/)
    expect(host.running().map(({ id }) => id)).toEqual(before)
    await world.until('what failed is gone', () => host.containers.size === 2)
  })

  test('takes a task out of its published port and drains it before it is stopped', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    const published = (image: string) =>
      stack({
        services: {
          web: service({
            image: { ref: image },
            ports: { http: { container: 8080, protocol: 'http', published: 80 } },
          }),
        },
      })
    await applied(world, published('web:1'))
    const first = only(host.running())
    expect(host.published.get(80)).toEqual([
      { task: first.request.labels['gantry.task'], ip: first.ip, port: 8080 },
    ])
    await apply(world, published('web:2'))
    let isReachable = true
    await world.until('the first is stopped', () => {
      const backends = host.published.get(80) ?? []
      isReachable &&= backends.length > 0
      // While it still runs after its drain, nothing leads to it any more.
      const isDrained = host.deeds.includes(`drain ${first.request.labels['gantry.task'] ?? ''}`)
      if (isDrained) expect(backends.map(({ ip }) => ip)).not.toContain(first.ip)
      return host.containers.get(first.id)?.state !== 'running'
    })
    expect(isReachable).toBe(true)
    const deeds = host.deeds.filter((deed) => deed.endsWith(first.request.name))
    expect(deeds).toContain(`drain ${first.request.name}`)
    expect(deeds.indexOf(`drain ${first.request.name}`)).toBeLessThan(
      deeds.indexOf(`stop ${first.request.name}`),
    )
  })

  test('a busy port is said in the status, and opened once it is free', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    host.busyPorts.add(80)
    const ports = { http: { container: 8080, protocol: 'http' as const, published: 80 } }
    await apply(world, stack({ services: { web: service({ ports }) } }))
    await world.until('it is said', () => only(world.view.tasks).message?.includes('port 80') === true)
    expect(only(world.view.tasks).message).toBe('published port 80 cannot be opened: address already in use')
    host.busyPorts.delete(80)
    await world.until('it is open', () => host.published.get(80)?.length === 1, 6000)
    await world.until('nothing is to be said any more', () => only(world.view.tasks).message === null)
  })
})

describe('a job', () => {
  test('runs once, and not again: not by an apply, not after kills of server and agent', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    const document = stack({ jobs: { seed: job() } })
    await applied(world, document)
    await apply(world, stack({ services: { web: service() }, jobs: { seed: job() } }))
    world.killServer(serverOf(world))
    world.killAgent(nodeOf(world))
    await world.pass(1000)
    world.startServer(serverOf(world))
    world.startAgent(nodeOf(world))
    await world.pass(60_000)
    expect(host.starts.filter(({ task }) => task.startsWith('hello.seed'))).toHaveLength(1)
  })

  test('that has ended is not run again by a host that lost its disk and the container', async () => {
    const world = await joined()
    const node = nodeOf(world)
    await applied(world, stack({ jobs: { seed: job() } }))
    world.killAgent(node)
    node.disk.lose()
    node.host.wipe(only(node.host.containers.keys()))
    world.startAgent(node)
    await world.pass(60_000)
    expect(node.host.starts).toHaveLength(1)
    expect(world.state.jobs.get('hello/seed')?.status).toBe('complete')
  })

  test('is tried again with back-off when it fails, each try in a container of its own', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await apply(world, stack({ jobs: { seed: job({ image: { ref: 'failing:1' } }, { retries: 2 }) } }))
    await world.until('it has failed', () => world.state.jobs.get('hello/seed')?.status === 'failed', 120_000)
    expect(host.starts).toHaveLength(3)
    const [first = 0, second = 0, third = 0] = host.starts.map(({ at }) => at)
    expect(second - first).toBeGreaterThan(10_000)
    expect(third - second).toBeGreaterThan(20_000)
  })

  test('whose container is removed while it runs has failed, and is not begun again by the agent', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await apply(world, stack({ jobs: { seed: job({}, { retries: 0 }) } }))
    await world.until('it runs', () => host.running().length === 1)
    const node = nodeOf(world)
    world.killAgent(node)
    host.wipe(only(host.running()).id)
    world.startAgent(node)
    await world.until('it has failed', () => world.state.jobs.get('hello/seed')?.status === 'failed', 120_000)
    expect(only(world.view.tasks).message).toBe('its container is gone; how it ended is not known')
    expect(host.starts).toHaveLength(1)
  })
})

describe('restarts', () => {
  test('come after 1 s, doubling, and from 1 s again after ten healthy minutes', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, stack({ services: { web: service() } }))
    const crash = async () => {
      const { id } = only(host.running())
      const at = world.clock.monotonic()
      host.exit(id, 1)
      await world.until(
        'it is healthy again',
        () => host.running().length === 1 && healthyTasks(world).length === 1,
      )
      return Math.round(((host.starts.at(-1)?.at ?? 0) - at) / 1000)
    }
    expect([await crash(), await crash(), await crash(), await crash()]).toEqual([1, 2, 4, 8])
    await world.pass(601_000)
    expect([await crash(), await crash()]).toEqual([1, 2])
    // The last dead container is kept for its logs; older ones are not.
    await world.pass(1000)
    expect(host.containers.size).toBe(2)
    expect(only(world.view.tasks).restarts).toBe(6)
  })

  test('an unhealthy container is stopped and followed by another', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, stack({ services: { web: service() } }))
    const container = only(host.running())
    container.isSick = true
    await world.until('it is given up', () => container.state === 'exited', 40_000)
    await world.until('another is healthy', () => healthyTasks(world).length === 1, 3000)
    expect(only(world.view.tasks).restarts).toBe(1)
    const said = JSON.stringify(world.history)
    expect(said).toContain('unhealthy: connection refused')
  })

  test('a container that was removed by hand is followed by another', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, stack({ services: { web: service() } }))
    host.wipe(only(host.running()).id)
    await world.until('it is seen', () => healthyTasks(world).length === 0, 100)
    await world.until('another is healthy', () => healthyTasks(world).length === 1, 2000)
  })

  test('a hanging call for one task delays no other', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    host.hanging.add('start c1')
    await apply(world, stack({ services: { web: service({}, { replicas: 5 }) } }))
    await world.until('four are healthy', () => healthyTasks(world).length === 4, 800)
    host.hanging.clear()
    await world.until('the fifth is healthy', () => healthyTasks(world).length === 5, 130_000)
  })
})

describe('destroy', () => {
  const document = stack({
    services: {
      web: service(
        { mounts: { '/data': { volume: 'data', readOnly: false } } },
        { rollout: { ...service().rollout, order: 'stop-first' }, onLost: 'fence' },
      ),
    },
    jobs: { seed: job() },
    volumes: { data: singleWriter },
    secrets: { token: { generateBytes: 24 } },
  })

  test('clears up containers, networks, secrets and rows, and keeps the volume', async () => {
    const world = await joined()
    const { host, secrets } = nodeOf(world)
    await applied(world, document)
    await destroy(world)
    await world.until('the stack is gone', () => world.state.stacks.size === 0)
    await world.until('the host is clean', () => host.containers.size === 0 && host.networks.size === 0)
    expect(world.state.services.size + world.state.jobs.size + world.state.tasks.size).toBe(0)
    expect([...host.volumes]).toEqual([volumeName(clusterOf(world), 'hello', 'data')])
    expect(world.state.volumes.get('hello/volume:data')).toMatchObject({ declared: false, node: 'n1' })
    expect(secrets.files.size).toBe(0)
    expect(host.published.size).toBe(0)
  })

  test('asks an engine that does not give a network up less and less often, and goes on until it does', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, document)
    host.keepsNetworks = true
    await destroy(world)
    await world.until('the stack is gone', () => world.state.stacks.size === 0)
    await world.pass(600_000)
    expect(host.networksKept).toBeGreaterThan(2)
    expect(host.networksKept).toBeLessThan(20)
    host.keepsNetworks = false
    await world.until('the network is gone', () => host.networks.size === 0, 400_000)
  })

  test('deletes the data of a volume that is named, once nothing uses it', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, document)
    await destroy(world, ['data'])
    await world.until('the stack is gone', () => world.state.stacks.size === 0)
    expect(host.volumes.size).toBe(0)
    expect(world.state.volumes.size).toBe(0)
  })

  test('a volume is not deleted on the word of an old file', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, document)
    world.killAgent(nodeOf(world))
    await destroy(world, ['data'])
    world.killServer(serverOf(world))
    world.startAgent(nodeOf(world))
    await world.pass(60_000)
    expect(host.volumes.size).toBe(1)
    world.startServer(serverOf(world))
    await world.until('the stack is gone', () => world.state.stacks.size === 0)
    expect(host.volumes.size).toBe(0)
  })
})

describe('kills and outages', () => {
  test('a killed server folds the log and carries on; no container restarts', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    const before = host.running().map(({ id }) => id)
    world.killServer(serverOf(world))
    await world.pass(30_000)
    expect(host.running().map(({ id }) => id)).toEqual(before)
    world.startServer(serverOf(world))
    await world.until('it leads again', () => world.leader !== undefined)
    await apply(world, stack({ services: { web: service({}, { replicas: 3 }) } }))
    await world.until('the third is healthy', () => healthyTasks(world).length === 3)
    expect(host.running().map(({ id }) => id)).toEqual(expect.arrayContaining(before))
    expect(host.starts).toHaveLength(3)
  })

  test('while there is no leader a crashed container is started again', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    world.killServer(serverOf(world))
    const [first] = host.running()
    host.exit(first?.id ?? '', 1)
    await world.until('it runs again', () => host.running().length === 2, 2000)
    world.startServer(serverOf(world))
    await world.until('the leader hears of it', () => world.view.tasks.some((task) => task.restarts === 1))
  })

  test('a killed agent adopts what runs: no restart, no gap in its health, its memory of restarts kept', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    const [first] = host.running()
    host.exit(first?.id ?? '', 1)
    await world.until(
      'two are healthy',
      () => healthyTasks(world).length === 2 && host.running().length === 2,
    )
    await world.pass(1000)
    const before = host.running().map(({ id }) => id)
    const since = healthyTasks(world).map((task) => task.status.healthySince)

    world.killAgent(nodeOf(world))
    await world.pass(3000)
    host.slowness = 100
    world.startAgent(nodeOf(world))
    await world.pass(20_000)
    host.slowness = 1

    expect(host.running().map(({ id }) => id)).toEqual(before)
    expect(host.starts).toHaveLength(3)
    expect(healthyTasks(world).map((task) => task.status.healthySince)).toEqual(since)
    expect(world.view.tasks.map((task) => task.restarts).sort()).toEqual([0, 1])
    // The second end in a row waits two seconds, as if the agent had never been away.
    const restarted = only(host.running().filter(({ request }) => request.name.endsWith('-r1')))
    const at = world.clock.monotonic()
    host.exit(restarted.id, 1)
    await world.until('it runs again', () => host.running().length === 2)
    expect(Math.round(((host.starts.at(-1)?.at ?? 0) - at) / 1000)).toBe(2)
  })

  test('a host that boots without a leader runs what it ran', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    world.killServer(serverOf(world))
    world.killAgent(nodeOf(world))
    for (const { id } of host.running()) host.exit(id, 137)
    await world.pass(60_000)
    world.startAgent(nodeOf(world))
    await world.until('both run again', () => host.running().length === 2, 1000)
  })

  test('an agent with an empty memory touches nothing until a leader has spoken', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    world.killServer(serverOf(world))
    world.killAgent(nodeOf(world))
    nodeOf(world).disk.lose()
    world.startAgent(nodeOf(world))
    await world.pass(60_000)
    expect(host.running()).toHaveLength(2)
    world.startServer(serverOf(world))
    await world.until('all is well', () => healthyTasks(world).length === 2)
    expect(host.starts).toHaveLength(2)
  })

  test.each(['{', '{"format":1}'])(
    'an agent whose memory is damaged (%s) sets it aside and touches nothing until a leader has spoken',
    async (text) => {
      const world = await joined()
      const { host, disk } = nodeOf(world)
      await applied(world, web('web:1'))
      world.killServer(serverOf(world))
      world.killAgent(nodeOf(world))
      disk.damage('assignments', text)
      world.startAgent(nodeOf(world))
      await world.pass(60_000)
      expect(host.running()).toHaveLength(2)
      world.startServer(serverOf(world))
      await world.until('all is well', () => healthyTasks(world).length === 2)
      expect(host.starts).toHaveLength(2)
      expect(host.running()).toHaveLength(2)
      expect(disk.read('assignments.damaged')).toBe(text)
    },
  )

  test('an agent whose disk is full takes nothing new, keeps what it has, and goes on once there is room', async () => {
    const world = await joined()
    const { host, disk } = nodeOf(world)
    await applied(world, web('web:1'))
    disk.isFull = true
    await apply(world, web('web:2'))
    await world.pass(30_000)
    expect(runs(world)).toEqual(['web web:1', 'web web:1'])
    disk.isFull = false
    await world.until('it is rolled out', () => isSettled(world) && host.running().length === 2)
    expect(runs(world)).toEqual(['web web:2', 'web web:2'])
  })

  test('containers that no leader knows are removed', async () => {
    const world = await joined()
    const node = nodeOf(world)
    const { host } = node
    await applied(world, web('web:1'))
    world.killAgent(node)
    await destroy(world)
    await apply(world, stack({ stack: 'other', services: { web: service() } })).catch(() => undefined)
    world.startAgent(node)
    await world.until('the first stack is gone', () => world.state.stacks.get('hello') === undefined)
    await world.until(
      'only the other runs',
      () => host.containers.size === 1 && healthyTasks(world).length === 1,
    )
  })

  test('containers that died with the engine are started again when it is back', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, web('web:1'))
    host.down()
    await world.pass(20_000)
    expect(world.view.nodes[0]?.status).toBe('ready')
    host.up()
    await world.until('both run again', () => host.running().length === 2, 7000)
    await world.until('both are healthy', () => healthyTasks(world).length === 2, 1000)
    expect(host.starts).toHaveLength(4)
  })

  test('an apply during an outage of the engine is carried out after it', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await world.pass(2000)
    host.down()
    await apply(world, web('web:1'))
    await world.until('the tasks say why', () =>
      world.view.tasks.every((task) => task.message?.includes('cannot connect') === true),
    )
    host.up()
    await world.until('both are healthy', () => healthyTasks(world).length === 2, 12_000)
  })

  test('a node that is gone is replaced, and what it still runs is stopped when it returns', async () => {
    const world = await joined({ nodes: 2 })
    await applied(world, web('web:1'))
    expect([runs(world, 0).length, runs(world, 1).length]).toEqual([1, 1])
    const second = nodeOf(world, 1)
    world.sever(second)
    await world.until('it is lost', () => world.state.nodes.get('n2')?.status === 'lost', 11_000)
    await world.until('the first runs both', () => runs(world, 0).length === 2)
    expect(second.host.running()).toHaveLength(1)
    world.heal(second)
    await world.until('only two run', () => runs(world, 0).length + runs(world, 1).length === 2, 10_000)
    await world.until('both are healthy', () => healthyTasks(world).length === 2)
  })
})

describe('three servers', () => {
  test('another takes over when the leader is killed; agents go on, and nothing restarts', async () => {
    const world = await joined({ servers: 3, nodes: 2 })
    await applied(world, web('web:1'))
    const starts = () => world.nodes.reduce((sum, { host }) => sum + host.starts.length, 0)
    const first = leaderOf(world)
    world.killServer(first)
    await world.until('the other leads', () => world.leader !== undefined && world.leader !== first, 3000)
    await world.until('both nodes are in a session', () => {
      const [a, b] = world.nodes.map(({ id }) => world.state.nodes.get(id)?.status)
      return a === 'ready' && b === 'ready'
    })
    await applied(world, web('web:2'))
    expect(starts()).toBe(4)
    const { term } = world.state
    world.startServer(first)
    await world.pass(10_000)
    expect(world.servers.filter(({ role }) => role === 'leader')).toHaveLength(1)
    expect(world.state.term).toBe(term)
  })

  test('a leader that is cut off decides nothing any more', async () => {
    const world = await joined({ servers: 3 })
    await applied(world, web('web:1'))
    const first = leaderOf(world)
    const { term } = world.state
    world.sever(first)
    await world.until('another leads', () => world.state.term > term && world.state.leader !== first.id, 6000)
    await applied(world, web('web:2'))
    world.heal(first)
    await world.until('it follows', () => first.role === 'follower')
    await applied(world, web('web:3'))
    await world.until('the old ones are gone', () => runs(world).length === 2)
    expect(runs(world)).toEqual(['web web:3', 'web web:3'])
  })
})

describe('logs', () => {
  test('follow a task over its restart, and end when the reader is gone', async () => {
    const world = await joined()
    const { host } = nodeOf(world)
    await applied(world, stack({ services: { web: service({}, { replicas: 1 }) } }))
    const { id: task } = only(world.state.tasks.values())
    const reader = world.readLogs(task, { follow: true })
    await world.until('the first line', () => reader.lines.length === 1)
    host.exit(only(host.running()).id, 1)
    await world.until('the next container', () => reader.lines.length === 3)
    expect(reader.lines).toEqual([`${task} started`, `${task} ended`, `${task}-r1 started`])
    reader.close()
    await world.pass(60_000)
    expect(reader.chunks).toBeLessThan(20)
  })

  test('of a job end with it, and of an unknown task say so', async () => {
    const world = await joined()
    await applied(world, stack({ jobs: { seed: job() } }))
    const { id: task } = only(world.state.tasks.values())
    const reader = world.readLogs(task, { follow: true })
    await world.until('the end', () => reader.end !== null)
    expect(reader.lines).toEqual([`${task} started`, `${task} ended`])
    expect(reader.end).toEqual({ error: null })
    await expect(
      world.ask('logs', { task: 'x.y.1.z', stream: 'abcdefgh1', follow: false, tail: null }),
    ).rejects.toThrow('there is no task x.y.1.z')
  })
})
