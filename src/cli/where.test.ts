import { describe, expect, test } from 'vitest'
import { taskFields } from '../../grammar/index.ts'
import { exitCodes, Fault } from '../model/index.ts'
import type { ClusterView, Node, TaskView } from '../model/index.ts'
import { readWhere, tasksWhere } from './where.ts'

const at = 1_767_225_600_000

function node(name: string, zone: string): Node {
  return {
    id: `id-${name}`,
    name,
    status: 'ready',
    statusSince: at,
    availability: 'active',
    platform: { os: 'linux', arch: 'amd64' },
    engine: 'docker 20.10.24',
    agent: '0.1.0',
    capacity: { cpu: 4000, memory: 8 * 1024 ** 3 },
    labels: { zone, disk: 'ssd' },
    sealKey: '',
    joinedAt: at,
  }
}

function task(address: string, more: Partial<TaskView> = {}): TaskView {
  const [owner = '', slot = ''] = address.split('.')
  const [stack = ''] = owner.split('/')
  return {
    id: address,
    address,
    owner,
    stack,
    kind: 'service',
    slot: Number(slot),
    revision: 3,
    node: 'id-h1',
    desired: 'run',
    phase: 'running',
    health: 'healthy',
    since: at - 60_000,
    restarts: 0,
    exitCode: null,
    message: null,
    containerId: null,
    ip: null,
    ...more,
  }
}

const rollout = { from: 0, to: 1, status: 'done', startedAt: at, endedAt: at, reason: null } as const
const service = (address: string) => ({
  address,
  stack: address.split('/')[0] ?? '',
  name: address.split('/')[1] ?? '',
  replicas: 1,
  healthy: 1,
  revision: 3,
  rollout,
  removing: false,
  published: [],
})
const stack = (name: string) => ({
  name,
  version: 1,
  digest: '',
  planId: '',
  inputs: {},
  appliedAt: at,
  appliedBy: 'me',
  removing: false,
})

const view: ClusterView = {
  format_version: 1,
  cluster: 'c',
  seq: 1,
  term: 1,
  leader: null,
  at,
  nodes: [node('h1', 'a'), node('h2', 'b')],
  stacks: [stack('shop'), stack('wiki')],
  services: [service('shop/api'), service('shop/db'), service('wiki/web')],
  jobs: [
    {
      address: 'shop/seed',
      stack: 'shop',
      name: 'seed',
      run: 1,
      status: 'failed',
      failures: 1,
      retries: 0,
      nextTryAt: null,
      endedAt: at,
      removing: false,
    },
  ],
  tasks: [
    task('shop/api.1'),
    task('shop/api.2', { health: 'unhealthy', node: 'id-h2', restarts: 4, since: at - 600_000 }),
    task('shop/db.1', { desired: 'stop', phase: 'stopping' }),
    task('shop/seed.1', { kind: 'job', phase: 'failed', exitCode: 2, revision: 1 }),
    task('wiki/web.1', { phase: 'pending', node: null }),
  ],
  volumes: [
    {
      address: 'shop/volume:data',
      stack: 'shop',
      name: 'data',
      node: 'id-h1',
      declared: true,
      deleting: false,
      access: 'shared',
    },
  ],
}

const shown = (text: string) => tasksWhere(view, readWhere(text).condition)

function faultOf(text: string): Fault {
  try {
    readWhere(text)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error(`${text} is right`)
}

describe('--where', () => {
  test.each<[string, string[]]>([
    ['stack == "shop" && service != "api"', ['shop/db.1', 'shop/seed.1']],
    ['service in ("api", "web")', ['shop/api.1', 'shop/api.2', 'wiki/web.1']],
    ['job == "seed"', ['shop/seed.1']],
    ['state == "unhealthy" || state == "failed"', ['shop/api.2', 'shop/seed.1']],
    ['state != "healthy" && stopping == false', ['shop/api.2', 'shop/seed.1', 'wiki/web.1']],
    ['stopping == true', ['shop/db.1']],
    ['age > 5m', ['shop/api.2']],
    ['restarts >= 4 && slot == 2', ['shop/api.2']],
    ['exit != 0', view.tasks.map(({ address }) => address)],
    ['exit > 0', ['shop/seed.1']],
    ['revision < 2', ['shop/seed.1']],
    ['node.zone == "b"', ['shop/api.2']],
    [
      'node.name == "h1" && node.labels.disk == "ssd" && node.memory >= 8Gi',
      ['shop/api.1', 'shop/db.1', 'shop/seed.1'],
    ],
    // A task without a node has none of its attributes.
    ['node.zone != "a"', ['shop/api.2', 'wiki/web.1']],
    ['!(node.zone == "a")', ['shop/api.2', 'wiki/web.1']],
  ])('%s', (text, addresses) => {
    expect(shown(text).tasks.map(({ address }) => address)).toEqual(addresses)
  })

  test('leaves the services, jobs and stacks that the tasks belong to, and no volume', () => {
    const { services, jobs, stacks, volumes, nodes } = shown('state in ("unhealthy", "failed")')
    expect(services.map(({ address }) => address)).toEqual(['shop/api'])
    expect(jobs.map(({ address }) => address)).toEqual(['shop/seed'])
    expect(stacks.map(({ name }) => name)).toEqual(['shop'])
    expect(volumes).toEqual([])
    expect(nodes).toHaveLength(2)
  })

  test('knows every field that the table has', () => {
    for (const { name, type } of taskFields) {
      const field = name.replace('*', 'disk')
      const value = {
        text: '"x"',
        number: '1',
        time: '1m',
        size: '1Gi',
        cores: '1',
        percent: '1%',
        boolean: 'true',
      }[type]
      const known = taskFields.find((each) => each.name === name)?.values?.[0]
      expect(() => shown(`${field} == ${known === undefined ? value : `"${known}"`}`), name).not.toThrow()
    }
  })

  test('is refused at each mistake, as wrong usage', () => {
    const { details, message } = faultOf('servise == "api" && state == "unhelthy" && age > 5')
    expect(details.exit).toBe(exitCodes.usage)
    expect(message).toBe(`--where has 3 mistakes: a task has no field 'servise'
  servise == "api" && state == "unhelthy" && age > 5
  ^^^^^^^ did you mean 'service'?
'state' is never 'unhelthy'
  servise == "api" && state == "unhelthy" && age > 5
                               ^^^^^^^^^^ did you mean "unhealthy"?
age is a time, and '5' has no unit: write a time such as 300ms
  servise == "api" && state == "unhelthy" && age > 5
                                                   ^ did you mean 5ms?`)
  })

  test.each([
    ['state = "healthy"', "'='"],
    ['', 'expected'],
    ['state == "failed" && state == "healthy"', 'this can never hold together'],
    ['state == "running"', 'did you mean "healthy"?'],
    ['cpu > 70%', "a task has no field 'cpu'"],
    ['colour == "red"', '^ fields are stack, service, job, slot, revision, state, '],
  ])('%s is refused', (text, said) => {
    expect(faultOf(text).message).toContain(said)
  })

  test('that always holds is warned of', () => {
    const { warnings } = readWhere('restarts >= 0')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('this always holds')
  })
})
