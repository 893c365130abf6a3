import { instance } from '@viz-js/viz'
import { describe, expect, test } from 'vitest'
import { shopDocument } from '../testing.ts'
import { renderDot } from './dot.ts'
import { graphOf } from './graph.ts'
import type { StackGraph } from './graph.ts'
import { renderMermaid } from './mermaid.ts'
import { renderSvg } from './svg.ts'

const shop = graphOf(shopDocument())
const lines = (graph: StackGraph) =>
  graph.edges.map(
    ({ from, to, kind, labels }) =>
      `${from} ${kind} ${to}${labels.length > 0 ? `: ${labels.join(', ')}` : ''}`,
  )

describe('the graph of a stack', () => {
  test('has everything that is declared, and the stacks that it refers to', () => {
    expect(shop.nodes.map((node) => node.id)).toEqual([
      'ingress/public',
      'service/agent',
      'service/api',
      'service/db',
      'service/web',
      'job/migrate',
      'job/seed',
      'cron/report',
      'volume/db-data',
      'volume/media',
      'secret/db-password',
      'config/envoy',
      'stack/observe',
    ])
  })

  test('says who refers to whom with which port, who mounts, uses, waits and stays away', () => {
    expect(lines(shop)).toEqual([
      'ingress/public refers service/api: /api to http',
      'ingress/public refers service/web: / to http',
      'service/api uses secret/db-password: value',
      'service/api refers service/db: pg 5432, waits until healthy',
      'service/api uses config/envoy: /etc/envoy.yaml',
      'service/api near service/db: rather not beside',
      'service/api may service/web: http',
      'service/api waits job/migrate: before each rollout',
      'service/db uses secret/db-password: file',
      'service/db mounts volume/db-data: /var/lib/postgresql/data',
      'service/web refers service/api: http 8080',
      'service/web refers stack/observe: collector',
      'service/web mounts volume/media: /media (read-only)',
      'job/migrate uses secret/db-password: value',
      'job/migrate refers service/db: pg 5432',
      'job/seed waits service/db: until healthy',
      'cron/report uses secret/db-password: value',
      'cron/report refers service/db: pg 5432',
      'config/envoy refers service/api: http 8080',
    ])
  })

  test('has the containers beside a task, ports of the host, profiles and outputs', () => {
    const document = shopDocument()
    const { api } = document.services
    const template = api?.template
    if (!api || !template) throw new Error('the shop has an api')
    const graph = graphOf({
      ...document,
      services: {
        ...document.services,
        api: {
          ...api,
          template: {
            ...template,
            seccomp: '{"defaultAction":"SCMP_ACT_ERRNO"}',
            ports: { http: { container: 8080, protocol: 'http', published: 80, hostPort: 8081 } },
            initContainers: [{ ...(template.sidecars?.['proxy'] ?? template), name: 'prepare' }],
          },
        },
      },
      configs: {
        ...document.configs,
        strict: { content: ['{"defaultAction":"SCMP_ACT_ERRNO"}'], mode: '0444', onChange: 'restart' },
      },
      outputs: {
        url: { text: ['http://', { endpoint: { service: 'api', port: 'http', container: 8080 } }] },
      },
    })
    expect(graph.nodes.find(({ id }) => id === 'service/api')?.details).toEqual([
      'shop/api:2.1',
      'sidecar proxy: envoy:1.30',
      'before it prepare: envoy:1.30',
      '2 to 20 tasks',
      'http 8080 published as 80, host port 8081',
    ])
    expect(graph.nodes.map(({ id }) => id)).toContain('output/url')
    expect(lines(graph)).toContain('service/api uses config/strict: seccomp')
    expect(lines(graph)).toContain('output/url refers service/api: http 8080')
  })

  test('does not depend on the order in which things were declared', () => {
    const { services, ...rest } = shopDocument()
    const turned = { ...rest, services: Object.fromEntries(Object.entries(services).reverse()) }
    expect(graphOf(turned)).toEqual(shop)
  })
})

/** Names and labels that would be markup, or end a string, if they were not escaped. */
const hostile: StackGraph = {
  stack: 'a"b\\N]</b>\u0007',
  nodes: [
    {
      id: 'service/x"]; end\\',
      kind: 'service',
      name: '"] <script>alert(1)</script> \\N #quot; `x`',
      details: ['a|b', '--> n1', '%% comment', 'x\ny', '&amp;', '\u202e', 'ünï 漢字'],
    },
    { id: 'volume/y', kind: 'volume', name: 'end', details: [] },
  ],
  edges: [{ from: 'service/x"]; end\\', to: 'volume/y', kind: 'mounts', labels: ['"|\\n}', '<b>'] }],
}

test('names that are markup are only text in Mermaid', () => {
  const [, , , , first = '', , edge = ''] = renderMermaid(hostile).split('\n')
  // One string in one shape: all quotes, brackets and angles of the names are entities.
  expect(first).toMatch(
    /^ {2}n0\["<small>service<\/small><br\/><b>[^"<>[\]{}|`\n]*<\/b>(?:<br\/>[^"<>[\]{}|`\n]*)*"\]:::service$/,
  )
  expect(edge).toBe('  n0 ---|"#34;#124;#92;n#125;<br/>#60;b#62;"| n1')
})

test('no name ends a string of DOT, and Graphviz takes it', async () => {
  const result = (await instance()).render(renderDot(hostile), { format: 'dot_json' })
  expect(result.errors.filter((each) => each.level === 'error')).toEqual([])
  expect(result.status).toBe('success')
  const drawn = JSON.parse(result.output ?? '') as { objects: { name: string }[] } // Graphviz's own format
  expect(drawn.objects.map((each) => each.name)).toEqual(['service/x"]; end\uFFFD', 'volume/y'])
})

test('a picture has every name, and no element of a hostile one', async () => {
  const svg = await renderSvg(hostile)
  expect(svg).toMatch(/^<\?xml[^]*<\/svg>$/)
  expect(svg).not.toContain('<script')
  expect(svg).toContain('&lt;script&gt;')
  const picture = await renderSvg(shop)
  for (const { name } of shop.nodes) expect(picture).toContain(`>${name.replaceAll('-', '&#45;')}</text>`)
  expect(picture).not.toContain('text-anchor="start" x="NaN"')
  // No line is drawn over the words on another.
  expect(picture.lastIndexOf('<path')).toBeLessThan(picture.indexOf('<g class="words"'))
})

test('a stack without anything has a picture too', async () => {
  const empty: StackGraph = { stack: 'empty', nodes: [], edges: [] }
  expect(await renderSvg(empty)).toContain('empty')
  expect(renderMermaid(empty)).toBe('---\ntitle: "empty"\n---\nflowchart LR')
})
