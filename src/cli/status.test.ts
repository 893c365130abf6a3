import pc from 'picocolors'
import { expect, test } from 'vitest'
import type { ClusterView, TaskView } from '../model/index.ts'
import { isEmptyView, renderStatus, selectView } from './status.ts'

const at = 1_767_225_600_000

function task(owner: string, slot: number, more: Partial<TaskView> = {}): TaskView {
  const [stack = ''] = owner.split('/')
  return {
    id: `${owner.replace('/', '.')}.${slot}.a`,
    address: `${owner}.${slot}`,
    owner,
    stack,
    kind: 'service',
    slot,
    revision: 1,
    node: 'n1',
    desired: 'run',
    phase: 'running',
    health: 'healthy',
    since: at - 65_000,
    restarts: 0,
    exitCode: null,
    message: null,
    containerId: 'c1',
    ip: '10.1.2.3',
    ...more,
  }
}

const rollout = { from: 0, to: 1, status: 'done', startedAt: at, endedAt: at, reason: null } as const

const view: ClusterView = {
  format_version: 1,
  cluster: 'abcdefghijklmnop',
  seq: 42,
  term: 3,
  leader: 's1',
  at,
  nodes: [
    {
      id: 'n1',
      name: 'h1',
      status: 'ready',
      statusSince: at,
      availability: 'active',
      platform: { os: 'linux', arch: 'x64' },
      engine: 'docker 20.10.24',
      agent: '0.1.0',
      capacity: { cpu: 2000, memory: 1 },
      labels: {},
      sealKey: '',
      joinedAt: at,
    },
  ],
  stacks: [
    {
      name: 'shop',
      version: 7,
      digest: 'd',
      planId: 'p',
      inputs: {},
      appliedAt: at,
      appliedBy: 'admin',
      removing: false,
    },
  ],
  services: [
    {
      address: 'shop/api',
      stack: 'shop',
      name: 'api',
      replicas: 2,
      healthy: 1,
      revision: 1,
      rollout,
      removing: false,
      published: [8080],
    },
    {
      address: 'shop/db',
      stack: 'shop',
      name: 'db',
      replicas: 1,
      healthy: 0,
      revision: 2,
      rollout: { ...rollout, status: 'failed', reason: 'shop/db.1 was not healthy within 5m' },
      removing: false,
      published: [],
    },
  ],
  jobs: [
    {
      address: 'shop/seed',
      stack: 'shop',
      name: 'seed',
      run: 1,
      status: 'waiting',
      failures: 1,
      retries: 3,
      nextTryAt: at + 9000,
      endedAt: null,
      removing: false,
    },
  ],
  tasks: [
    task('shop/api', 1),
    task('shop/api', 2, {
      phase: 'backoff',
      health: 'unknown',
      restarts: 3,
      exitCode: 1,
      message: 'evil \u001b[31mtext',
    }),
    task('shop/db', 1, {
      node: null,
      phase: 'pending',
      health: 'unknown',
      message: 'no node fits: of 1, 1 with too little memory (needs 64Gi, the freest has 2Gi)',
    }),
    task('shop/seed', 1, { kind: 'job', phase: 'failed', health: 'unknown', exitCode: 2 }),
  ],
  volumes: [],
}

const render = (of: ClusterView) => renderStatus(of, { color: pc.createColors(false), width: 80 })

test('what is wrong is said in words, at 80 columns, and cannot steer the terminal', () => {
  const text = render(view)
  expect(text).toMatchInlineSnapshot(`
    "cluster abcdefgh @ 42 · term 3 · node h1 ready
    stacks  shop v7

    NAME        STATE        NODE    FOR  NOTE
    shop/api    1/2 healthy               :8080 · rev 1
      .1 rev 1  healthy      h1    1 min
      .2 rev 1  backoff      h1    1 min  3 restarts · exit 1
    shop/db     0/1 healthy               rev 2 · failed
      .1 rev 1  pending            1 min
    shop/seed   waiting                   job, run 1 · 1 of 4 tries failed · next t…
      .1 run 1  failed       h1    1 min  exit 2

    shop/db: failed: shop/db.1 was not healthy within 5m
    shop/api.2: evil \\u001b[31mtext
    shop/db.1: no node fits: of 1, 1 with too little memory (needs 64Gi, the freest has 2Gi)"
  `)
  // Reasons are whole sentences on lines of their own, which the terminal may wrap.
  for (const line of text.split('\n').slice(0, -3)) expect(line.length).toBeLessThanOrEqual(80)
})

test('a selector narrows it to a stack, a service or a task', () => {
  const api = selectView(view, { kind: 'service', stack: 'shop', name: 'api' })
  expect(api.tasks.map((each) => each.address)).toEqual(['shop/api.1', 'shop/api.2'])
  expect(api.services.map((each) => each.address)).toEqual(['shop/api'])
  const one = selectView(view, { kind: 'task', stack: 'shop', name: 'api', slot: 2 })
  expect(one.tasks.map((each) => each.address)).toEqual(['shop/api.2'])
  expect(isEmptyView(selectView(view, { kind: 'stack', stack: 'other' }))).toBe(true)
  expect(isEmptyView(selectView(view, { kind: 'stack', stack: 'shop' }))).toBe(false)
})
