// What each word of 'gantry' takes, in the words of messages. The rules (lower/) and the translation of the checker's
// errors (typescript/types.ts) share it, so that one mistake reads the same whoever finds it first. Invariant: a field
// that is not here does not exist.

import type { Amount } from './amounts.ts'

export type Word =
  | `input.${'string' | 'number' | 'boolean' | 'oneOf' | 'secret'}`
  | 'stack'
  | 'service'
  | 'job'
  | 'cron'
  | 'volume'
  | 'secret'
  | 'config'
  | 'ingress'
  | 'route'
  | 'outputs'
  | 'ack'
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

const exitCodes = 'a list of exit codes from 1 to 255'

/** What jobs and crons have beyond a container. */
const run: Fields = {
  ...container,
  retries: whole,
  backoff: 'an object with delay and maxDelay',
  'backoff.delay': duration,
  'backoff.maxDelay': duration,
  completions: whole,
  parallelism: whole,
  indexed: 'true or false',
  perNode: 'true or false',
  deadline: duration,
  exitCodes: 'an object with fail, succeed and retry',
  'exitCodes.fail': exitCodes,
  'exitCodes.succeed': exitCodes,
  'exitCodes.retry': exitCodes,
}

const onChange: Fields = {
  onChange: "'restart', 'update' or { signal: 'SIGHUP' }",
  'onChange.signal': "a signal such as 'SIGHUP'",
}

const described: Fields = { description: 'a string', env: "the name of a variable such as 'SHOP_DOMAIN'" }

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
  job: {
    ...run,
    parameters: 'an object of inputs by the name of the variable',
    'parameters.*': 'what input.string(), .number(), .boolean() or .oneOf() returns',
  },
  cron: {
    ...run,
    schedule: "every`…`, or five fields of cron such as '30 2 * * 1-5'",
    timezone: "a time zone such as 'Europe/Amsterdam'",
    overlap: "'forbid', 'allow' or 'replace'",
    missed: duration,
    history: 'an object with succeeded and failed',
    'history.succeeded': whole,
    'history.failed': whole,
    suspended: 'true or false',
  },
  volume: {
    size,
    access: "'single-writer', 'per-replica', 'shared' or 'read-only'",
    reclaim: "'retain' or 'delete'",
    driver: "'local', 'tmpfs', { bind: path }, { nfs: server, path } or { plugin: name }",
    'driver.bind': 'an absolute path of the node',
    'driver.nfs': 'the name or address of a server',
    'driver.path': 'an absolute path of the server',
    'driver.plugin': 'the name of a volume plugin of the engine',
    'driver.options': 'a list of strings for nfs, an object of strings for a plugin',
    backup: 'every`…` with keep',
    timezone: "a time zone such as 'Europe/Amsterdam'",
  },
  secret: {
    generate: 'an object with bytes',
    'generate.bytes': 'a whole number from 16 to 1024',
    ...onChange,
  },
  config: {
    file: "the path of a text file below the stack's folder",
    content: 'a string or text`…`',
    template: "the path of a text file below the stack's folder",
    values: 'an object of values by the names of the template',
    'values.*': 'a string, a number, a boolean, text`…`, the port of a service, a secret or its .file',
    mode: "octal digits such as '0444'",
    ...onChange,
  },
  ingress: {
    host: "a host name such as 'shop.example', or a list of them",
    routes: 'an object of ports by the prefix of the path',
    'routes.*': 'an http or grpc port of a service, or route(…) to one',
    tls: "'auto', 'internal' or 'off'",
    redirect: 'true or false',
  },
  route: { stripPrefix: 'true or false' },
  outputs: {},
  ack: {},
  http: { published: 'a port number from 1 to 65535' },
  tcp: { published: 'a port number from 1 to 65535' },
  build: { dockerfile: 'a path in the folder', args: 'an object of strings', 'args.*': 'a string' },
  text: {},
  place: {},
  'input.string': {
    default: 'a string',
    ...described,
    pattern: "a regular expression such as '[a-z]+'",
    minLength: whole,
    maxLength: whole,
  },
  'input.number': {
    default: 'a number',
    ...described,
    min: 'a number',
    max: 'a number',
    whole: 'true or false',
  },
  'input.boolean': { default: 'true or false', ...described },
  'input.oneOf': { default: 'one of the values', ...described },
  'input.secret': described,
}

/** Index of the argument that holds the fields, and what the arguments before it take. */
export const argumentsOf: Readonly<Record<Word, readonly string[]>> = {
  stack: ['a name', 'an object of inputs', 'a function'],
  service: ['a name', 'an object of options'],
  job: ['a name', 'an object of options'],
  cron: ['a name', 'an object of options'],
  config: ['a name', 'an object of options'],
  ingress: ['a name', 'an object of options'],
  route: ['an http or grpc port of a service', 'an object with stripPrefix'],
  outputs: ['the name of a stack'],
  ack: ["the code of a warning such as 'GT4001'", 'a reason: a string', 'what a declaration returned'],
  volume: ['a name', 'an object of options'],
  secret: ['a name', 'an object of options'],
  http: ['a port number from 1 to 65535', 'an object with published'],
  tcp: ['a port number from 1 to 65535', 'an object with published'],
  build: ['a folder', 'an object with dockerfile and args'],
  text: [],
  place: [],
  'input.string': ['an object of options'],
  'input.number': ['an object of options'],
  'input.boolean': ['an object of options'],
  'input.oneOf': ['strings, or a list of strings', 'an object of options'],
  'input.secret': ['an object with description and env'],
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
export const notYet: ReadonlySet<string> = new Set(['scale', 'every', 'grpc', 'udp'])
