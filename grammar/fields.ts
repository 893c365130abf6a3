// What can be compared: the attributes of nodes, the measurements of services, and what a command's filter has; each with
// its type. Invariant: a field that is not in a table does not exist. The tables are data, for messages, completion and
// hover alike.

import { taskPhases } from '../src/model/index.ts'

/** What a field is compared with, and the unit it is lowered to. */
export type FieldType =
  /** A text in quotes. */
  | 'text'
  /** A plain number. */
  | 'number'
  /** `70%`, as 70. */
  | 'percent'
  /** `300ms`, as milliseconds. */
  | 'time'
  /** `4Gi`, as bytes. */
  | 'size'
  /** `2` or `250m`, as thousandths of a core. */
  | 'cores'
  /** `true` or `false`, as a text. */
  | 'boolean'

export interface Field {
  /** `node.zone`; `node.labels.*` stands for each name behind the dot. */
  readonly name: string
  readonly type: FieldType
  /** What it is, for hover and completion: a sentence without its full stop. */
  readonly detail: string
  /** All values there are, when there are few. */
  readonly values?: readonly string[]
  /** What others call them. */
  readonly synonyms?: Readonly<Record<string, string>>
  /** What it is asked for, in parentheses: `queue("orders")`. */
  readonly argument?: string
  /** Bounds that every value keeps. */
  readonly min?: number
  readonly max?: number
  /** Whether it counts something of all tasks together, so that it can be divided by what one can take. */
  readonly isTotal?: true
}

export const nodeFields: readonly Field[] = [
  { name: 'node.id', type: 'text', detail: 'what the cluster calls the node' },
  {
    name: 'node.name',
    type: 'text',
    detail: 'the name of the node, its host name unless it was given another',
  },
  {
    name: 'node.os',
    type: 'text',
    detail: 'the node\'s operating system: "linux"',
    values: ['linux', 'windows'],
    synonyms: { win: 'windows', win32: 'windows' },
  },
  {
    name: 'node.arch',
    type: 'text',
    detail: 'the architecture of its processor: "amd64", "arm64"',
    // As Docker, and Go, call those on which it runs.
    values: ['amd64', 'arm64', 'arm', '386', 'ppc64le', 's390x', 'riscv64', 'loong64', 'mips64le'],
    synonyms: {
      x86_64: 'amd64',
      'x86-64': 'amd64',
      x64: 'amd64',
      aarch64: 'arm64',
      armv8: 'arm64',
      armhf: 'arm',
      armv6l: 'arm',
      armv7l: 'arm',
      armv7: 'arm',
      x86: '386',
      i386: '386',
      i686: '386',
      powerpc64le: 'ppc64le',
      loongarch64: 'loong64',
    },
  },
  { name: 'node.zone', type: 'text', detail: 'the zone that the node is in' },
  { name: 'node.region', type: 'text', detail: 'the region that the node is in' },
  { name: 'node.cpu', type: 'cores', detail: 'cores of the node', min: 0 },
  { name: 'node.memory', type: 'size', detail: 'memory of the node', min: 0 },
  { name: 'node.labels.*', type: 'text', detail: 'a label of the node, which its operator has set' },
]

/** What `gantry status --where` filters tasks by. */
export const taskFields: readonly Field[] = [
  { name: 'stack', type: 'text', detail: 'the stack that it belongs to' },
  { name: 'service', type: 'text', detail: 'its service; a task of a job has none' },
  { name: 'job', type: 'text', detail: 'its job; a task of a service has none' },
  { name: 'slot', type: 'number', detail: 'its number among the tasks of its service or job', min: 0 },
  { name: 'revision', type: 'number', detail: 'the revision of its service, or the run of its job', min: 0 },
  {
    name: 'state',
    type: 'text',
    detail: 'how it is, as the table shows it: a task that runs is "healthy", "unhealthy" or "unknown"',
    values: [...['healthy', 'unhealthy', 'unknown'], ...taskPhases.filter((phase) => phase !== 'running')],
    synonyms: { running: 'healthy', crashed: 'backoff', completed: 'complete', waiting: 'pending' },
  },
  { name: 'stopping', type: 'boolean', detail: 'whether it is to stop' },
  { name: 'age', type: 'time', detail: 'how long it has been in its state', min: 0 },
  { name: 'restarts', type: 'number', detail: 'how often its container ended by itself', min: 0 },
  { name: 'exit', type: 'number', detail: 'the code that its container ended with last' },
  ...nodeFields,
]

export const measurements: readonly Field[] = [
  { name: 'cpu', type: 'percent', detail: 'processor time, of what each task has reserved', min: 0 },
  { name: 'memory', type: 'percent', detail: 'memory, of what each task has reserved', min: 0 },
  { name: 'requests', type: 'number', detail: 'requests a second and task', min: 0, isTotal: true },
  {
    name: 'errors',
    type: 'percent',
    detail: 'requests that were answered with an error, of all',
    min: 0,
    max: 100,
  },
  { name: 'p50', type: 'time', detail: 'half of the requests were answered faster', min: 0 },
  { name: 'p95', type: 'time', detail: '95% of the requests were answered faster', min: 0 },
  { name: 'p99', type: 'time', detail: '99% of the requests were answered faster', min: 0 },
  {
    name: 'queue',
    type: 'number',
    detail: 'messages waiting in a queue',
    argument: 'orders',
    min: 0,
    isTotal: true,
  },
  {
    name: 'metric',
    type: 'number',
    detail: 'a number that the tasks report under that name',
    argument: 'jobs_waiting',
    isTotal: true,
  },
]

/** Names that `spread` takes short. */
export const shortAttributes: ReadonlyMap<string, string> = new Map([
  ['zone', 'node.zone'],
  ['region', 'node.region'],
  ['node', 'node.id'],
])

export function findField(fields: readonly Field[], name: string): Field | undefined {
  return (
    fields.find((field) => field.name === name) ??
    fields.find(({ name: each }) => each.endsWith('.*') && isBelow(name, each.slice(0, -1)))
  )
}

function isBelow(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && name.length > prefix.length
}

interface TypeWords {
  /** "a share of what is reserved" completes "cpu is …". */
  readonly is: string
  /** "write …" */
  readonly write: string
  /** Put behind a number that has none. */
  readonly unit: string
  readonly units: readonly string[]
}

export const typeWords: Readonly<Record<Exclude<FieldType, 'text' | 'boolean'>, TypeWords>> = {
  number: { is: 'a number', write: 'a plain number such as 50', unit: '', units: [] },
  percent: { is: 'a share', write: 'a share such as 70%', unit: '%', units: ['%'] },
  time: { is: 'a time', write: 'a time such as 300ms', unit: 'ms', units: ['ms', 's', 'm', 'h', 'd'] },
  size: { is: 'a size', write: 'a size such as 4Gi', unit: 'Gi', units: ['Ki', 'Mi', 'Gi', 'Ti'] },
  cores: { is: 'a number of cores', write: 'cores such as 4 or 250m', unit: '', units: ['m'] },
}
