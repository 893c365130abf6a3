// What a stack consists of and who refers to whom, as a graph. Pure: from the document to nodes and edges in a fixed
// order; the printers (mermaid.ts, dot.ts) only write it down.

import { containersOf, formatBytes, imageRef, unreachable } from '../../model/index.ts'
import type {
  ConfigSpec,
  CronSpec,
  IngressSpec,
  JobSpec,
  ServiceSpec,
  StackDocument,
  TaskTemplate,
  TextPart,
  VolumeSpec,
} from '../../model/index.ts'

export type NodeKind =
  | 'ingress'
  | 'service'
  | 'job'
  | 'cron'
  | 'volume'
  | 'secret'
  | 'config'
  /** Another stack of the cluster, whose outputs are used. */
  | 'stack'
  /** What this stack hands out. */
  | 'output'

export interface GraphNode {
  /** `service/api`; unique in the graph. */
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  /** Short lines for people: the image, the ports, the hosts. */
  readonly details: readonly string[]
}

/**
 * `refers`: to an address, a route, an output; `mounts` a volume; `uses` a secret or a config; `waits` for; `may` reach
 * without referring to it; `near` another's tasks, or away from them.
 */
export type EdgeKind = 'refers' | 'mounts' | 'uses' | 'waits' | 'may' | 'near'

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
  /** Ports, paths, conditions; each once, in the order in which they stand in the document. */
  readonly labels: readonly string[]
}

export interface StackGraph {
  readonly stack: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export function graphOf(document: StackDocument): StackGraph {
  const edges = new Edges()
  const nodes = [
    ...each(document.ingresses, (name, spec) => ingressNode(name, spec, edges)),
    ...each(document.services, (name, spec) => serviceNode(document, name, spec, edges)),
    ...each(document.jobs, (name, spec) => jobNode(document, name, spec, edges)),
    ...each(document.crons, (name, spec) => cronNode(document, name, spec, edges)),
    ...each(document.volumes, volumeNode),
    ...each(document.secrets, (name, spec): GraphNode => ({
      id: `secret/${name}`,
      kind: 'secret',
      name,
      details:
        spec.generateBytes !== undefined
          ? ['generated']
          : spec.input !== undefined
            ? [`input ${spec.input}`]
            : [],
    })),
    ...each(document.configs, (name, spec) => configNode(name, spec, edges)),
  ]
  const outputs = each(document.outputs, (name, { text }): GraphNode => {
    const id = `output/${name}`
    addText(id, text, edges)
    return { id, kind: 'output', name, details: [] }
  })
  const others = edges.otherStacks().map((name): GraphNode => ({
    id: `stack/${name}`,
    kind: 'stack',
    name,
    details: [],
  }))
  return { stack: document.stack, nodes: [...nodes, ...outputs, ...others], edges: edges.list() }
}

function each<Spec>(
  record: Readonly<Record<string, Spec>>,
  make: (name: string, spec: Spec) => GraphNode,
): GraphNode[] {
  return Object.keys(record)
    .sort()
    .flatMap((name) => {
      const spec = record[name]
      return spec === undefined ? [] : [make(name, spec)]
    })
}

/** Collects edges; several of one kind between the same two are one, with all their labels. */
class Edges {
  readonly #edges = new Map<
    string,
    { readonly edge: Omit<GraphEdge, 'labels'>; readonly labels: Set<string> }
  >()

  add(from: string, to: string, kind: EdgeKind, label = ''): void {
    const key = JSON.stringify([from, to, kind])
    let known = this.#edges.get(key)
    if (!known) {
      known = { edge: { from, to, kind }, labels: new Set() }
      this.#edges.set(key, known)
    }
    if (label !== '') known.labels.add(label)
  }

  has(from: string, to: string, kind: EdgeKind): boolean {
    return this.#edges.has(JSON.stringify([from, to, kind]))
  }

  list(): GraphEdge[] {
    return [...this.#edges.values()].map(({ edge, labels }) => ({ ...edge, labels: [...labels] }))
  }

  otherStacks(): string[] {
    const names = [...this.#edges.values()]
      .filter(({ edge }) => edge.to.startsWith('stack/'))
      .map(({ edge }) => edge.to.slice('stack/'.length))
    return [...new Set(names)].sort()
  }
}

function ingressNode(name: string, spec: IngressSpec, edges: Edges): GraphNode {
  const id = `ingress/${name}`
  for (const [path, { service, port }] of Object.entries(spec.routes))
    edges.add(id, `service/${service}`, 'refers', `${path} to ${port}`)
  return { id, kind: 'ingress', name, details: [...spec.hosts, ...(spec.tls === 'off' ? ['no TLS'] : [])] }
}

function serviceNode(document: StackDocument, name: string, spec: ServiceSpec, edges: Edges): GraphNode {
  const id = `service/${name}`
  const { template, scaling, perNode, replicas, rollout } = spec
  addTask(document, id, spec, edges)
  if (rollout.before !== undefined) edges.add(id, `job/${rollout.before}`, 'waits', 'before each rollout')
  const count =
    perNode === true
      ? 'one per node'
      : scaling
        ? `${scaling.min} to ${scaling.max} tasks`
        : replicas === 1
          ? []
          : `${replicas} tasks`
  const ports = Object.entries(template.ports).map(([port, { container, published, hostPort }]) => {
    const outside = [
      ...(published === undefined ? [] : [` published as ${published}`]),
      ...(hostPort === undefined ? [] : [` host port ${hostPort}`]),
    ]
    return `${port} ${container}${outside.join(',')}`
  })
  return { id, kind: 'service', name, details: [imagesOf(document, template), count, ports].flat() }
}

function jobNode(document: StackDocument, name: string, spec: JobSpec, edges: Edges): GraphNode {
  const id = `job/${name}`
  addTask(document, id, spec, edges)
  const when = { apply: [], rollout: ['before a rollout'], run: ['by gantry run'] }[spec.trigger]
  return { id, kind: 'job', name, details: [...imagesOf(document, spec.template), ...when] }
}

function cronNode(document: StackDocument, name: string, spec: CronSpec, edges: Edges): GraphNode {
  const id = `cron/${name}`
  addTask(document, id, spec.job, edges)
  const { schedule, timezone } = spec
  const when =
    'cron' in schedule ? `${schedule.cron.join(', ')} ${timezone}` : `every ${schedule.everyMs / 1000} s`
  return { id, kind: 'cron', name, details: [...imagesOf(document, spec.job.template), when] }
}

function volumeNode(name: string, { size, access, driver }: VolumeSpec): GraphNode {
  const kind = driver.kind === 'local' ? [] : [driver.kind]
  return {
    id: `volume/${name}`,
    kind: 'volume',
    name,
    details: [[...(size === undefined ? [] : [formatBytes(size)]), access, ...kind].join(', ')],
  }
}

function configNode(name: string, spec: ConfigSpec, edges: Edges): GraphNode {
  const id = `config/${name}`
  addText(id, spec.content, edges)
  return { id, kind: 'config', name, details: [] }
}

/** The main container's image, and those beside and before it by their names. */
function imagesOf(document: StackDocument, template: TaskTemplate): string[] {
  return [
    imageRefOf(document, template),
    ...Object.entries(template.sidecars ?? {}).map(
      ([name, sidecar]) => `sidecar ${name}: ${imageRefOf(document, sidecar)}`,
    ),
    ...(template.initContainers ?? []).map((init) => `before it ${init.name}: ${imageRefOf(document, init)}`),
  ]
}

function imageRefOf({ stack }: StackDocument, { image }: Pick<TaskTemplate, 'image'>): string {
  // The beginning of a digest tells images apart, and does not make the picture a yard wide.
  return 'build' in image
    ? `built from ${image.build.context}`
    : imageRef(stack, image).replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')
}

type Task = Pick<ServiceSpec, 'template' | 'placement' | 'dependsOn' | 'reaches'>

function addTask(document: StackDocument, id: string, task: Task, edges: Edges): void {
  const { template } = task
  for (const container of containersOf(template)) {
    for (const value of Object.values(container.env))
      if ('text' in value) addText(id, value.text, edges)
      else edges.add(id, `secret/${value.secretFile}`, 'uses', 'file')
    for (const secret of container.secretFiles) edges.add(id, `secret/${secret}`, 'uses', 'file')
    for (const [path, { volume, readOnly }] of Object.entries(container.mounts))
      edges.add(id, `volume/${volume}`, 'mounts', readOnly ? `${path} (read-only)` : path)
    for (const [path, config] of Object.entries(container.configs ?? {}))
      edges.add(id, `config/${config}`, 'uses', path)
    // The document holds the profile itself; the config of the same text is where it was taken from.
    if (container.seccomp !== undefined && container.seccomp !== 'unconfined')
      for (const [name, { content }] of Object.entries(document.configs))
        if (content.every((part) => typeof part === 'string') && content.join('') === container.seccomp)
          edges.add(id, `config/${name}`, 'uses', 'seccomp')
  }
  for (const { on, until } of task.dependsOn) {
    const to = taskId(document, on)
    // One line between the two is enough.
    if (edges.has(id, to, 'refers')) edges.add(id, to, 'refers', `waits until ${until}`)
    else edges.add(id, to, 'waits', `until ${until}`)
  }
  for (const { service, away, weight } of task.placement.near ?? [])
    edges.add(id, taskId(document, service), 'near', nearWords(away, weight))
  for (const { service, port } of task.reaches)
    // What is referred to may be reached anyway.
    if (!edges.has(id, `service/${service}`, 'refers')) edges.add(id, `service/${service}`, 'may', port ?? '')
}

function nearWords(away: boolean, weight: number | undefined): string {
  const must = weight === undefined
  if (away) return must ? 'never beside' : 'rather not beside'
  return must ? 'always beside' : 'rather beside'
}

/** A service, a job or a cron may be named alike in what waits and in what is placed. */
function taskId({ jobs, crons, services }: StackDocument, name: string): string {
  if (name in services) return `service/${name}`
  return name in jobs ? `job/${name}` : name in crons ? `cron/${name}` : `service/${name}`
}

function addText(id: string, text: readonly TextPart[], edges: Edges): void {
  for (const part of text) {
    if (typeof part === 'string') continue
    if ('endpoint' in part) addPort(id, part.endpoint, edges)
    else if ('portNumber' in part) addPort(id, part.portNumber, edges)
    else if ('host' in part) edges.add(id, `service/${part.host.service}`, 'refers', part.host.port)
    else if ('secret' in part) edges.add(id, `secret/${part.secret}`, 'uses', 'value')
    else if ('output' in part) edges.add(id, `stack/${part.output.stack}`, 'refers', part.output.name)
    else unreachable(part)
  }
}

function addPort(
  id: string,
  {
    service,
    port,
    container,
  }: { readonly service: string; readonly port: string; readonly container: number },
  edges: Edges,
): void {
  edges.add(id, `service/${service}`, 'refers', `${port} ${container}`)
}
