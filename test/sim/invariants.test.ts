// Every invariant of the simulator, seen to catch what it is there for: in each test one part is broken on purpose, a port
// that lies or forgets, and the run has to fail by that invariant and no other. A run with nothing broken holds.

import { expect, test } from 'vitest'
import { z } from 'zod'
import { RuntimeFailure } from '../../src/agent/index.ts'
import type { AgentOptions, ContainerRequest } from '../../src/agent/index.ts'
import { encodeJson } from '../../src/model/index.ts'
import type { ServerOptions } from '../../src/server/index.ts'
import { invariants, converges, run } from '../../src/sim/index.ts'
import type { Deed, RunSettings, Scenario } from '../../src/sim/index.ts'

type Sketch = Extract<Deed, { do: 'apply' }>['stack']
type ServiceSketch = Sketch['services'][number]

function service(changes: Partial<ServiceSketch> = {}): ServiceSketch {
  return {
    name: 'web',
    image: 'web:1',
    replicas: 2,
    cpu: 50,
    order: 'stop-first',
    isFenced: false,
    hasVolume: false,
    secret: 'none',
    zone: null,
    maxPerNode: null,
    published: null,
    after: null,
    ...changes,
  }
}

function apply(services: ServiceSketch[], more: Partial<Sketch> = {}): Deed {
  return { do: 'apply', stack: { name: 'shop', services, jobs: [], hasSecret: false, ...more } }
}

/** A run in which the deeds come ten seconds after each other. */
function scenario(deeds: Deed[], more: Partial<Scenario> = {}): Scenario {
  return {
    seed: 1,
    servers: 3,
    nodes: 2,
    zones: ['a', 'b'],
    steps: deeds.map((deed, id) => ({ id, at: id * 10_000, deed })),
    calmAt: deeds.length * 10_000,
    ...more,
  }
}

/** The port with some of its members in place of its own. */
function altered<Port extends object>(port: Port, members: Partial<Port>): Port {
  return new Proxy(port, {
    get: (target, key): unknown => Reflect.get(Object.hasOwn(members, key) ? members : target, key),
  })
}

const agent =
  (change: (options: AgentOptions) => Partial<AgentOptions>) =>
  (options: AgentOptions): AgentOptions => ({ ...options, ...change(options) })
const server =
  (change: (options: ServerOptions) => Partial<ServerOptions>) =>
  (options: ServerOptions): ServerOptions => ({ ...options, ...change(options) })

interface Break {
  readonly invariant: string
  readonly how: string
  readonly scenario: Scenario
  readonly settings: RunSettings
}

const minute = 60_000

const breaks: readonly Break[] = [
  {
    invariant: 'one-leader',
    how: 'two servers have one identity',
    scenario: scenario([
      apply([service()]),
      { do: 'kill', who: 's1', forMs: minute },
      { do: 'kill', who: 's3', forMs: 500 },
      { do: 'kill', who: 's3', forMs: 500 },
    ]),
    settings: {
      doctorServer: server(({ id }) => (id === 's2' ? { id: 's1' } : {})),
    },
  },
  {
    invariant: 'same-fold',
    how: 'a server loses rows of its state',
    scenario: scenario([apply([service()])]),
    settings: {
      doctorServer: server(({ id, onFold }) =>
        id === 's2' ? { onFold: (state) => onFold?.({ ...state, tasks: new Map() }) } : {},
      ),
    },
  },
  {
    invariant: 'acknowledged',
    how: 'a server says yes before it has done anything',
    scenario: scenario([apply([service()])]),
    settings: {
      doctorServer: server(({ bus }) => ({
        bus: altered(bus, {
          serve: (subject, handler) =>
            bus.serve(subject, async (message) =>
              message.subject.endsWith('.apply')
                ? encodeJson({ ok: true, value: { seq: 1, version: 1 } })
                : handler(message),
            ),
        }),
      })),
    },
  },
  {
    invariant: 'fence',
    how: 'a host does not notice that the lease of a task is over',
    scenario: scenario(
      [
        apply([service({ isFenced: true, replicas: 1 })]),
        { do: 'cut', places: ['n1'], ways: 'both', forMs: 3 * minute },
        { do: 'secret', stack: 'shop', value: 'plain-value-of-a-test' },
      ],
      { calmAt: 2 * minute },
    ),
    settings: {
      doctorAgent: agent(({ guard }) => ({
        guard: altered(guard, { now: () => guard.now() / 20, hold: async () => undefined }),
      })),
    },
  },
  {
    invariant: 'terms',
    how: 'an agent writes down an older term than it has seen',
    scenario: scenario([
      apply([service()]),
      { do: 'kill', who: 's1', forMs: 20_000 },
      { do: 'kill', who: 's2', forMs: 20_000 },
      { do: 'kill', who: 's3', forMs: 20_000 },
    ]),
    settings: {
      doctorAgent: agent(({ store }) => ({
        store: altered(store, {
          save: (name, value) => {
            const file = z.looseObject({ term: z.number() }).safeParse(value)
            return store.save(name, file.success ? { ...file.data, term: 100 - file.data.term } : value)
          },
        }),
      })),
    },
  },
  {
    invariant: 'reservations',
    how: 'an agent says that its host is a hundred times as large',
    scenario: scenario([apply([service({ cpu: 900, replicas: 6 })])], { nodes: 1 }),
    settings: {
      doctorAgent: agent(({ runtime }) => ({
        runtime: altered(runtime, {
          info: async () => {
            const info = await runtime.info()
            return { ...info, cpu: info.cpu * 100 }
          },
        }),
      })),
    },
  },
  {
    invariant: 'placement',
    how: 'an agent says that its host is where it is not',
    scenario: scenario([apply([service({ zone: 'a', replicas: 4 })])]),
    settings: { doctorAgent: agent(() => ({ labels: { zone: 'a' } })) },
  },
  {
    invariant: 'placement',
    how: 'an agent starts a container a second time, with the volume of the first',
    scenario: scenario([apply([service({ hasVolume: true, isFenced: true, replicas: 1 })])]),
    settings: {
      doctorAgent: ({ runtime, ...options }) => {
        const requests = new Map<string, ContainerRequest>()
        return {
          ...options,
          runtime: altered(runtime, {
            create: async (request) => {
              const id = await runtime.create(request)
              requests.set(id, request)
              return id
            },
            start: async (id) => {
              await runtime.start(id)
              const request = requests.get(id)
              if (request) await runtime.start(await runtime.create({ ...request, name: 'again' }))
            },
          }),
        }
      },
      watched: invariants.filter(({ name }) => name !== 'fence'),
    },
  },
  {
    invariant: 'converges',
    how: 'no container can be started',
    scenario: scenario([apply([service()])]),
    settings: {
      doctorAgent: agent(({ runtime }) => ({
        runtime: altered(runtime, {
          start: async () => {
            throw new RuntimeFailure('refused', 'it will not start')
          },
        }),
      })),
    },
  },
  {
    invariant: 'converges',
    how: 'every probe fails now and then, so that nothing ever comes to rest',
    scenario: scenario([apply([service()])]),
    settings: {
      doctorAgent: agent(({ prober, clock }) => ({
        prober: altered(prober, {
          http: async (...call) =>
            clock.monotonic() % 70_000 > 30_000 ? { ok: false, message: 'gone' } : prober.http(...call),
        }),
      })),
    },
  },
  {
    invariant: 'secrets',
    how: 'an agent hands every secret it ever opened to every container',
    scenario: scenario(
      [
        apply([service({ secret: 'variable' })], { hasSecret: true }),
        apply([service({ secret: 'variable' }), service({ name: 'api' })], { hasSecret: true }),
      ],
      { nodes: 1 },
    ),
    settings: {
      doctorAgent: (options) => {
        const opened: string[] = []
        return {
          ...options,
          secretFiles: altered(options.secretFiles, {
            open: (sealed) => {
              const plain = options.secretFiles.open(sealed)
              opened.push(Buffer.from(plain).toString())
              return plain
            },
          }),
          runtime: altered(options.runtime, {
            create: (request) =>
              options.runtime.create({ ...request, env: { ...request.env, ALL: opened.join(' ') } }),
          }),
        }
      },
    },
  },
  {
    invariant: 'secrets',
    how: 'a server sends values as they are',
    scenario: scenario([apply([service({ secret: 'file' })], { hasSecret: true })]),
    settings: {
      doctorServer: server(({ vault }) => ({
        vault: altered(vault, { sealTo: (key, plain) => `${key}|${Buffer.from(plain).toString()}` }),
      })),
    },
  },
  {
    invariant: 'nothing-lost',
    how: 'an agent removes the volumes of a container with it',
    scenario: scenario([
      apply([service({ hasVolume: true, isFenced: true, replicas: 1 })]),
      apply([service({ hasVolume: true, isFenced: true, replicas: 1, image: 'web:2' })]),
    ]),
    settings: {
      doctorAgent: (options) => {
        const volumes = new Set<string>()
        const note = ({ mounts }: ContainerRequest) => {
          for (const mount of mounts) if (mount.kind === 'volume') volumes.add(mount.volume)
        }
        return {
          ...options,
          runtime: altered(options.runtime, {
            create: (request) => {
              note(request)
              return options.runtime.create(request)
            },
            remove: async (id) => {
              await options.runtime.remove(id)
              for (const volume of volumes) await options.runtime.removeVolume(volume)
            },
          }),
        }
      },
    },
  },
]

test.each(breaks)('$invariant is seen to be broken when $how', async ({ invariant, scenario, settings }) => {
  const { failure } = await run(scenario, settings)
  expect(failure?.message).toMatch(new RegExp(`^${invariant}: `))
  expect(failure?.invariant).toBe(invariant)
})

test.each(breaks)('and none when nothing is, in the run in which $how', async ({ scenario }) => {
  expect((await run(scenario)).failure?.error).toBeUndefined()
})

test('each invariant is broken by one of these at least', () => {
  const names = [...invariants, converges].map(({ name }) => name)
  expect([...new Set(breaks.map(({ invariant }) => invariant))].sort()).toEqual(names.sort())
})
