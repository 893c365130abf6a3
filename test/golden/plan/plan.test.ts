import { expect, test } from 'vitest'
import type { CompiledStack, StackDocument } from '../../../src/model/index.ts'
import { takeSnapshot } from '../../../src/model/index.ts'
import {
  isNothingToDo,
  makeDestroyPlan,
  makePlan,
  refusalDiagnostics,
  refusedExit,
  renderPlan,
  renderPlanMarkdown,
} from '../../../src/plan/index.ts'
import type { Plan } from '../../../src/plan/index.ts'
import {
  after,
  compiled,
  job,
  node,
  service,
  stackDocument,
  TestCluster,
  text,
  volume,
} from '../../support/documents.ts'
import { expectGolden } from './golden.ts'
import { digestB, image, shop, sources } from './stacks.ts'

function planFor(cluster: TestCluster, document: StackDocument, withSources = sources): Plan {
  return makePlan({
    compiled: compiled(document, withSources),
    snapshot: takeSnapshot(cluster.state, cluster.now),
    now: cluster.now,
    planId: 'plan-0001',
    clusterName: 'eu1',
  })
}

function planOfEnd(cluster: TestCluster, deleteVolumes: readonly string[]): Plan {
  return makeDestroyPlan({
    stack: 'shop',
    snapshot: takeSnapshot(cluster.state, cluster.now),
    now: cluster.now,
    planId: 'plan-0001',
    clusterName: 'eu1',
    deleteVolumes,
  })
}

function rendered(plan: Plan, full = false): string {
  return renderPlan(plan, { width: 80, color: false, full })
}

function running(document: StackDocument = shop, nodes = [node('h1'), node('h2')]): TestCluster {
  const cluster = new TestCluster(nodes)
  cluster.applyToTheEnd(compiled(document, sources))
  return cluster
}

function edited(edit: (document: StackDocument) => void): StackDocument {
  const document = structuredClone(shop)
  edit(document)
  return document
}

test('the first apply of a stack', () => {
  const plan = planFor(new TestCluster([node('h1'), node('h2')]), shop)
  expectGolden('first-apply', rendered(plan))
  expectGolden('first-apply-full', rendered(plan, true))
  expectGolden('first-apply-markdown', renderPlanMarkdown(plan))
  expect(plan.forecast?.outcome).toBe('done')
})

test('replicas, a value and an image are edited', () => {
  const document = edited(({ services: { api, web } }) => {
    if (!api || !web) throw new Error('the shop has lost a service')
    api.template.image = image('./api', digestB)
    api.template.env['LOG'] = text('debug')
    delete api.template.env['TOKEN_FILE']
    api.template.env['GREETING'] = text('hello world')
    web.replicas = 3
  })
  const plan = planFor(running(), document)
  expectGolden('edit', rendered(plan))
  expectGolden('edit-full', rendered(plan, true))
  expectGolden('edit-markdown', renderPlanMarkdown(plan))
  expectGolden('edit-json', JSON.stringify(plan, null, 2))
})

test('an image with a tag is edited', () => {
  const document = edited(({ services: { web } }) => {
    if (web) web.template.image = { ref: 'shop/web:2.1' }
  })
  expectGolden('edit-image', rendered(planFor(running(), document)))
})

test('a changed port of a service rolls those who refer to it', () => {
  const document = edited(({ services: { api, web } }) => {
    if (!api || !web) throw new Error('the shop has lost a service')
    api.template.ports = { http: { container: 9090, protocol: 'http' } }
    web.template.env['API'] = {
      text: ['http://', { endpoint: { service: 'api', port: 'http', container: 9090 } }],
    }
  })
  const plan = planFor(running(), document)
  expect(plan.steps.map(({ address, op }) => `${op} ${address}`)).toEqual(['roll shop/api', 'roll shop/web'])
  expectGolden('port', rendered(plan))
  expectGolden('port-markdown', renderPlanMarkdown(plan))
})

test('nothing is to do', () => {
  const plan = planFor(running(), shop)
  expect(isNothingToDo(plan)).toBe(true)
  expectGolden('nothing', rendered(plan))
  expectGolden('nothing-full', rendered(plan, true))
})

test('nothing is to do, but something is not well', () => {
  const cluster = new TestCluster([node('h1')])
  cluster.applyToTheEnd(compiled(shop, sources), (task) =>
    task.kind === 'job' ? { phase: 'failed', exitCode: 2 } : { phase: 'running', health: 'healthy' },
  )
  expectGolden('nothing-but-ill', rendered(planFor(cluster, shop)))
})

test('a destroy keeps the data', () => {
  const plan = planOfEnd(running(), [])
  expectGolden('destroy', rendered(plan))
  expect(plan.losesData).toEqual([])
})

test('a destroy deletes the data it is told to', () => {
  const plan = planOfEnd(running(), ['data'])
  expectGolden('destroy-volume', rendered(plan))
  expect(plan.losesData).toEqual(['shop/volume:data'])
})

test('a destroy of what is not there is refused', () => {
  expectGolden('destroy-nothing', rendered(planOfEnd(new TestCluster(), ['data'])))
  expectGolden('destroy-no-volume', rendered(planOfEnd(running(), ['dta'])))
})

test('a plan with refusals', () => {
  const cluster = running(
    stackDocument('other', {
      services: { front: service({ ports: { http: { container: 80, protocol: 'http', published: 8088 } } }) },
    }),
  )
  const plan = planFor(
    cluster,
    edited((document) => {
      document.secrets = { token: {} }
    }),
  )
  expect(plan.applyable).toBe(false)
  expect(plan.forecast).toBe(null)
  expectGolden('refused', rendered(plan))
  expectGolden('refused-markdown', renderPlanMarkdown(plan))
})

test('a document that does not hold together is not compared at all', () => {
  const plan = planFor(
    running(),
    edited((document) => {
      document.volumes = {}
    }),
  )
  expect(plan).toMatchObject({ applyable: false, steps: [], forecast: null })
  expectGolden('invalid', rendered(plan))
})

test('tasks that no node can take', () => {
  const cluster = running(shop, [
    node('h1', { labels: { disk: 'ssd' } }),
    node('h2'),
    node('h3', { labels: { disk: 'ssd' }, capacity: { cpu: 300, memory: 1024 ** 3 } }),
    node('h4', { availability: 'drain' }),
  ])
  const plan = planFor(
    cluster,
    edited(({ services }) => {
      const { web } = services
      if (!web) throw new Error('the shop has lost a service')
      web.template.resources.memory = 8 * 1024 ** 3
      services['cache'] = service(
        { image: { ref: 'redis:7' }, resources: { cpu: 5000, memory: 0 } },
        {
          replicas: 2,
          placement: { require: [{ attribute: 'node.labels.disk', operator: '==', value: 'ssd' }] },
        },
      )
    }),
  )
  expectGolden('unplaceable', rendered(plan))
  expectGolden('unplaceable-markdown', renderPlanMarkdown(plan))
})

test('a job runs again', () => {
  const document = edited(({ jobs: { seed } }) => {
    if (seed) seed.template.env['ROWS'] = text('200')
  })
  expectGolden('job', rendered(planFor(running(), document)))
})

test('what looks like a rename says so', () => {
  const document = edited((draft) => {
    const { api, web } = draft.services
    const { seed } = draft.jobs
    if (!api || !web || !seed) throw new Error('the shop has lost a service')
    api.template.mounts = { '/data': { volume: 'storage', readOnly: false } }
    draft.volumes = { storage: volume({ size: 1024 ** 3 }) }
    draft.services = { backend: api, web: { ...web, dependsOn: [after('backend')] } }
    web.template.env['API'] = {
      text: ['http://', { endpoint: { service: 'backend', port: 'http', container: 8080 } }],
    }
    seed.dependsOn = [after('backend')]
  })
  expectGolden('rename', rendered(planFor(running(), document)))
})

const longest = (start: string) => start.padEnd(40, 'x')

test('names of forty characters', () => {
  const name = longest('service-')
  const secret = longest('secret-')
  const document = stackDocument(longest('stack-'), {
    services: {
      [name]: service(
        {
          image: { ref: `registry.example.com/${longest('team-')}/${longest('image-')}:1.0.0` },
          env: {
            [longest('KEY_')]: text('v'.repeat(300)),
            URL: {
              text: [
                'postgres://app:',
                { secret },
                '@',
                { endpoint: { service: name, port: longest('port-'), container: 8080 } },
              ],
            },
          },
          ports: { [longest('port-')]: { container: 8080, protocol: 'http' } },
          mounts: {
            [`/${longest('mnt')}/${longest('sub')}`]: { volume: longest('volume-'), readOnly: true },
          },
        },
        { replicas: 3 },
      ),
    },
    volumes: { [longest('volume-')]: volume() },
    secrets: { [secret]: { generateBytes: 32 } },
  })
  const file = `${longest('folder-')}/${longest('file-')}.stack.ts`
  const long: CompiledStack['sources'] = {
    ...sources,
    files: { [file]: 'ab'.repeat(32) },
    spans: {
      [`services/${name}`]: { file, line: 12345, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 },
    },
  }
  const plan = planFor(new TestCluster([node('h1', { name: longest('node-') })]), document, long)
  const shown = rendered(plan)
  expectGolden('long-names', shown)
  expect(Math.max(...shown.split('\n').map((each) => each.length))).toBeLessThanOrEqual(80)
})

test('hostile text is shown escaped', () => {
  const evil = '\u001b[2J\u001b]0;pwned\u0007\r\nplan shop: nothing to do\u202e\u200b'
  const document = edited(({ services: { api } }) => {
    if (api) api.template.env['LOG'] = text(evil)
  })
  const plan = planFor(running(), document)
  const hostile: Plan = {
    ...plan,
    cluster: { id: evil, name: evil },
    steps: plan.steps.map((step) => ({
      ...step,
      summary: evil,
      note: '| <img src=x onerror=alert(1)> [x](y) @you `',
    })),
  }
  expectGolden('hostile', rendered(hostile))
  expectGolden('hostile-markdown', renderPlanMarkdown(hostile))
})

test('an update of what was rolled back compares with what runs', () => {
  const cluster = running()
  const bad = edited(({ services: { web } }) => {
    if (web) web.template.image = { ref: 'shop/web:broken' }
  })
  cluster.applyToTheEnd(compiled(bad, sources), (task) =>
    task.desired === 'stop'
      ? { phase: 'stopped' }
      : task.owner === 'shop/web' && task.revision === 2
        ? { phase: 'backoff', restarts: 1, exitCode: 1 }
        : task.kind === 'job'
          ? { phase: 'complete' }
          : { phase: 'running', health: 'healthy' },
  )
  expectGolden('after-rollback-same', rendered(planFor(cluster, bad)))
  expectGolden('after-rollback-good', rendered(planFor(cluster, shop)))
})

test('a job is new, another goes, and a dependency waits for what does not come', () => {
  const cluster = running()
  applyNothingHealthy(cluster)
  const document = edited((draft) => {
    draft.jobs = { migrate: job({ image: { ref: 'shop/migrate:1' } }, { dependsOn: [after('api')] }) }
  })
  expectGolden('waits-for-ill', rendered(planFor(cluster, document)))
})

function applyNothingHealthy(cluster: TestCluster): void {
  cluster.report((task) =>
    task.owner === 'shop/api'
      ? { phase: 'backoff', restarts: 3, exitCode: 137, message: 'out of memory' }
      : undefined,
  )
}

test('warnings that somebody answers for are listed', () => {
  const document = edited((draft) => {
    draft.acknowledged = [
      { code: 'GT4012', reason: 'the mirror is ours', of: 'shop/web' },
      { code: 'GT4020', reason: 'until the move' },
    ]
  })
  const plan = planFor(running(), document)
  expectGolden('acknowledged', rendered(plan))
  expectGolden('acknowledged-markdown', renderPlanMarkdown(plan))
})

test('what is not carried out yet is refused at its line', () => {
  const document = edited((draft) => {
    const { api } = draft.services
    if (!api) throw new Error('the shop has lost a service')
    api.template.resources.gpus = { count: 1 }
    api.priority = 80
    draft.outputs = { url: { text: ['http://shop'] } }
  })
  const plan = planFor(running(), document)
  expectGolden('not-carried-out', rendered(plan))
  expectGolden('not-carried-out-markdown', renderPlanMarkdown(plan))
  expect(refusedExit(plan)).toBe(5)
  expect(refusalDiagnostics(plan)).toMatchObject([
    { severity: 'error', code: 'GT6010', span: { file: 'shop.stack.ts', line: 7 } },
    { severity: 'error', code: 'GT6017', span: { line: 7 } },
  ])
})
