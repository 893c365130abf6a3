// What each word of 'gantry' takes, in the words of messages. The rules (lower/) and the translation of the checker's
// errors (typescript/types.ts) share it, so that one mistake reads the same whoever finds it first. Invariant: a field
// that is not here does not exist.

import type { Amount } from './amounts.ts'

export type Word =
  | `input.${'string' | 'number' | 'boolean' | 'oneOf'}`
  | 'stack'
  | 'service'
  | 'job'
  | 'volume'
  | 'secret'
  | 'http'
  | 'tcp'
  | 'build'
  | 'text'
  | 'place'

/** Field by name, nested ones with dots; the value completes "… takes". */
export type Fields = Readonly<Record<string, string>>

const duration = "a time such as '30s' or '5m'"
const cores = "cores such as '250m' or '2'"
const size = "a size such as '512Mi' or '1.5Gi'"
const strings = 'a list of strings'
const whole = 'a whole number'

const container: Fields = {
  image: "an image such as 'postgres:17', or build('./folder')",
  command: strings,
  args: strings,
  env: 'an object of variables',
  'env.*': 'a string, a number, a boolean, text`…`, the port of a service or the .file of a secret',
  labels: 'an object of strings',
  'labels.*': 'a string',
  mounts: 'an object of volumes by path',
  'mounts.*': 'a volume, or its readOnly()',
  secrets: 'a list of secrets',
  'secrets.*': 'a secret',
  resources: 'an object with cpu, cpuLimit and memory',
  'resources.cpu': cores,
  'resources.cpuLimit': cores,
  'resources.memory': size,
  dependsOn: 'a list of services and jobs',
  'dependsOn.*': 'a service or a job, not its name',
  placement: 'place`…`',
  user: 'a string',
  workingDir: 'an absolute path',
  readOnlyRoot: 'true or false',
  stopSignal: "a signal such as 'SIGTERM'",
  stopGrace: duration,
}

/** What all probes have; each has one more that says what is probed. */
const probing: Fields = {
  'health.every': duration,
  'health.timeout': duration,
  'health.failures': whole,
}

export const fieldsOf: Readonly<Record<Word, Fields>> = {
  stack: {},
  service: {
    ...container,
    ports: 'an object of ports by name',
    'ports.*': 'http(…) or tcp(…)',
    replicas: whole,
    health: 'an object with http and port, or tcp, or exec',
    'health.http': "a path such as '/healthz'",
    'health.port': "the name of one of the service's http ports",
    'health.tcp': "the name of one of the service's ports",
    'health.exec': 'a command: a list of strings that is not empty',
    ...probing,
    rollout: 'an object with batch, order, minHealthy, deadline and onFailure',
    'rollout.batch': "a whole number, or a share such as '25%'",
    'rollout.order': "'start-first' or 'stop-first'",
    'rollout.minHealthy': duration,
    'rollout.deadline': duration,
    'rollout.onFailure': "'rollback' or 'pause'",
  },
  job: { ...container, retries: whole },
  volume: { size, access: "'single-writer' or 'shared'", reclaim: "'retain' or 'delete'" },
  secret: { generate: 'an object with bytes', 'generate.bytes': 'a whole number from 16 to 1024' },
  http: { published: 'a port number from 1 to 65535' },
  tcp: { published: 'a port number from 1 to 65535' },
  build: { dockerfile: 'a path in the folder', args: 'an object of strings', 'args.*': 'a string' },
  text: {},
  place: {},
  'input.string': { default: 'a string', description: 'a string' },
  'input.number': { default: 'a number', description: 'a string' },
  'input.boolean': { default: 'true or false', description: 'a string' },
  'input.oneOf': { default: 'one of the values', description: 'a string' },
}

/** Index of the argument that holds the fields, and what the arguments before it take. */
export const argumentsOf: Readonly<Record<Word, readonly string[]>> = {
  stack: ['a name', 'an object of inputs', 'a function'],
  service: ['a name', 'an object of options'],
  job: ['a name', 'an object of options'],
  volume: ['a name', 'an object of options'],
  secret: ['a name', 'an object of options'],
  http: ['a port number from 1 to 65535', 'an object with published'],
  tcp: ['a port number from 1 to 65535', 'an object with published'],
  build: ['a folder', 'an object with dockerfile and args'],
  text: [],
  place: [],
  'input.string': ['an object with default and description'],
  'input.number': ['an object with default and description'],
  'input.boolean': ['an object with default and description'],
  'input.oneOf': ['strings, or a list of strings', 'an object with default and description'],
}

export function isWord(word: string | null | undefined): word is Word {
  return typeof word === 'string' && Object.hasOwn(fieldsOf, word)
}

/** Fields at one level: `fieldNames('service', 'health')` gives http, port, tcp, … */
export function fieldNames(word: Word, within = ''): string[] {
  const prefix = within === '' ? '' : `${within}.`
  return Object.keys(fieldsOf[word])
    .filter((field) => field.startsWith(prefix))
    .map((field) => field.slice(prefix.length))
    .filter((field) => field !== '*' && !field.includes('.'))
}

/** What the value at a path in the arguments takes; undefined when the path is not one of the vocabulary. */
export function takesAt(word: Word, path: readonly string[]): string | undefined {
  const [argument, ...rest] = path
  const words = argumentsOf[word]
  if (rest.length === 0) return words[Number(argument)]
  if (Number(argument) !== words.length - 1) return undefined
  const fields = fieldsOf[word]
  const [field = '', ...inner] = rest
  return fields[rest.join('.')] ?? (inner.length === 1 ? fields[`${field}.*`] : undefined)
}

/** The kind of amount that is taken, by what `takesAt` says. */
export function amountTaken(takes: string): Amount | undefined {
  return takes === size ? 'size' : takes === cores ? 'cores' : takes === duration ? 'time' : undefined
}

/** Words that language.md promises and that do not exist yet: an import of one says so. */
export const notYet: ReadonlySet<string> = new Set([
  'cron',
  'config',
  'ingress',
  'scale',
  'every',
  'grpc',
  'udp',
  'ack',
  'output',
  'reaches',
])
