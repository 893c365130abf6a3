// What each word of 'gantry' takes, in the words of messages. The rules (lower/) and the translation of the checker's
// errors (typescript/types.ts) share it, so that one mistake reads the same whoever finds it first. Invariant: a field
// that is not here does not exist, at whatever depth it stands.

import {
  boolean,
  cores,
  duration,
  each,
  exitCodes,
  gate,
  object,
  onChange,
  pause,
  schedule,
  share,
  size,
  string,
  strings,
  stringsByName,
  timezone,
  whole,
} from './fields.ts'
import type { Field, Fields } from './fields.ts'

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
  | 'http'
  | 'tcp'
  | 'udp'
  | 'grpc'
  | 'build'
  | 'text'
  | 'place'
  | 'scale'
  | 'every'
  | 'gate'
  | 'route'
  | 'outputs'
  | 'ack'

const health = object('an object with http and port, or tcp, or exec, or grpc', {
  http: { takes: "a path such as '/healthz'" },
  port: { takes: "the name of one of the service's http ports" },
  tcp: { takes: "the name of one of the service's ports" },
  exec: { takes: 'a command: a list of strings that is not empty', each: string },
  grpc: { takes: "the name of one of the service's grpc ports" },
  service: string,
  every: duration,
  timeout: duration,
  failures: whole,
})

const container: Fields = {
  image: { takes: "an image such as 'postgres:17', or build('./folder')" },
  command: strings,
  args: strings,
  env: each('an object of variables', {
    takes:
      'a string, a number, a boolean, text`…`, the port of a service, or the .file (or .env) of a secret',
  }),
  labels: stringsByName,
  secrets: each('a list of secrets', { takes: 'a secret' }),
  configs: each('an object of configs by path', { takes: 'a config' }),
  mounts: each('an object of volumes by path', { takes: 'a volume, or its readOnly()' }),
  resources: object('an object such as { cpu, memory }', {
    cpu: cores,
    cpuLimit: cores,
    memory: size,
    memoryLimit: size,
    pids: whole,
    shm: size,
    ulimits: each(
      'an object of limits by name',
      object('a whole number, or an object with soft and hard', { soft: whole, hard: whole }),
    ),
    devices: each(
      'a list of devices',
      object("a path such as '/dev/fuse', or an object with host, container and access", {
        host: { takes: "a path such as '/dev/fuse'" },
        container: { takes: "a path such as '/dev/fuse'" },
        access: { takes: "'r', 'w', 'rw', 'rm', 'wm' or 'rwm'" },
      }),
    ),
    gpus: object('a whole number, or an object with count and kind', {
      count: whole,
      kind: { takes: "a model or vendor such as 'nvidia'" },
    }),
  }),
  user: string,
  groups: each('a list of names and numbers', { takes: 'the name or the number of a group' }),
  workingDir: { takes: 'an absolute path' },
  readOnlyRoot: boolean,
  stopSignal: { takes: "a signal such as 'SIGTERM'" },
  stopGrace: duration,
  capabilities: object('an object with add and drop', { add: strings, drop: strings }),
  privileged: boolean,
  sysctls: each('an object of strings and numbers', { takes: 'a string or a number' }),
  seccomp: { takes: "'unconfined' or a config" },
  apparmor: { takes: "the name of a profile, or 'unconfined'" },
  runtime: { takes: "the name of a runtime such as 'runsc'" },
  init: boolean,
  logging: object('an object with driver and options', {
    driver: { takes: "the name of a log driver such as 'journald'" },
    options: stringsByName,
  }),
}

const task: Fields = {
  ...container,
  dependsOn: each(
    'a list of services and jobs',
    object('a service or a job (not its name), or { on, until }', {
      on: { takes: 'a service or a job, not its name' },
      until: { takes: "'started', 'healthy' or 'completed'" },
    }),
  ),
  reaches: each('a list of ports and services', {
    takes: 'the port of a service, or a service, not its name',
  }),
  placement: { takes: 'place`…`' },
  priority: { takes: 'a whole number from 0 to 100' },
  sidecars: each('an object of sidecars by name', object('an object of options', { ...container, health })),
  initContainers: each('an object of init containers by name', object('an object of options', container)),
}

const run: Fields = {
  ...task,
  retries: whole,
  backoff: object('an object with delay and maxDelay', { delay: duration, maxDelay: duration }),
  completions: whole,
  parallelism: whole,
  indexed: boolean,
  perNode: boolean,
  deadline: duration,
  exitCodes: object('an object with fail, succeed and retry', {
    fail: exitCodes,
    succeed: exitCodes,
    retry: exitCodes,
  }),
}

const canaryStep = object('an object with tasks, pause and gate', { tasks: share, pause, gate })

const service: Fields = {
  ...task,
  ports: each('an object of ports by name', { takes: 'http(…), grpc(…), tcp(…) or udp(…)' }),
  replicas: { takes: "a whole number, scale({ min, max })`…`, or 'per-node'" },
  health,
  probes: object('an object with startup, readiness and liveness', {
    startup: health,
    readiness: health,
    liveness: health,
  }),
  rollout: object('an object such as { batch, order, minHealthy }', {
    batch: share,
    order: { takes: "'start-first' or 'stop-first'" },
    minHealthy: duration,
    deadline: duration,
    onFailure: { takes: "'rollback' or 'pause'" },
    pause: duration,
    gate,
    canary: { takes: 'a list of steps that is not empty', each: canaryStep },
    blueGreen: object('an object with pause, gate and keepOld', { pause, gate, keepOld: duration }),
    before: { takes: 'a job, not its name' },
  }),
  budget: object('an object with minAvailable or maxUnavailable', {
    minAvailable: share,
    maxUnavailable: share,
  }),
  restart: object(
    "'always', 'on-failure', 'never', or an object with policy, delay, maxDelay and resetAfter",
    {
      policy: { takes: "'always', 'on-failure' or 'never'" },
      delay: duration,
      maxDelay: duration,
      resetAfter: duration,
    },
  ),
  reschedule: object("'never', or an object with after, within, delay and maxDelay", {
    after: whole,
    within: duration,
    delay: duration,
    maxDelay: duration,
  }),
  onLost: { takes: "'replace' or 'fence'" },
  fenceAfter: duration,
}

const published = { takes: 'a port number from 1 to 65535' }
const port: Fields = { published, hostPort: published }
const description = string
const env: Field = { takes: "the name of a variable such as 'SHOP_DOMAIN'" }

export const fieldsOf: Readonly<Record<Word, Fields>> = {
  stack: {},
  service,
  job: {
    ...run,
    parameters: each('an object of inputs by the name of the variable', {
      takes: 'what input.string(), .number(), .boolean() or .oneOf() returns',
    }),
  },
  cron: {
    ...run,
    schedule,
    timezone,
    overlap: { takes: "'forbid', 'allow' or 'replace'" },
    missed: duration,
    history: object('an object with succeeded and failed', { succeeded: whole, failed: whole }),
    suspended: boolean,
  },
  volume: {
    size,
    access: { takes: "'single-writer', 'per-replica', 'shared' or 'read-only'" },
    reclaim: { takes: "'retain' or 'delete'" },
    driver: object("'local', 'tmpfs', { bind: path }, { nfs: server, path } or { plugin: name }", {
      bind: { takes: 'an absolute path of the node' },
      nfs: { takes: 'the name or address of a server' },
      path: { takes: 'an absolute path of the server' },
      plugin: { takes: 'the name of a volume plugin of the engine' },
      options: { takes: 'a list of strings for nfs, an object of strings for a plugin', each: string },
    }),
    backup: { takes: 'every`…` with keep' },
    timezone,
  },
  secret: {
    generate: object('an object with bytes', { bytes: { takes: 'a whole number from 16 to 1024' } }),
    onChange,
  },
  config: {
    file: { takes: "the path of a text file below the stack's folder" },
    content: { takes: 'a string or text`…`' },
    template: { takes: "the path of a text file below the stack's folder" },
    values: each('an object of values by the names of the template', {
      takes: 'a string, a number, a boolean, text`…`, the port of a service, a secret or its .file',
    }),
    mode: { takes: "octal digits such as '0444'" },
    onChange,
  },
  ingress: {
    host: { takes: "a host name such as 'shop.example', or a list of them", each: { takes: 'a host name' } },
    routes: each('an object of ports by the prefix of the path', {
      takes: 'an http or grpc port of a service, or route(…) to one',
    }),
    tls: { takes: "'auto', 'internal' or 'off'" },
    redirect: boolean,
  },
  http: port,
  tcp: port,
  udp: port,
  grpc: port,
  build: {
    dockerfile: { takes: 'a path in the folder' },
    target: { takes: 'the name of a stage' },
    args: stringsByName,
  },
  text: {},
  place: {},
  scale: {
    min: whole,
    max: whole,
    protect: duration,
    schedule: each(
      'a list of entries',
      object('an object with at, timezone, min and max', { at: schedule, timezone, min: whole, max: whole }),
    ),
  },
  every: {},
  gate: {},
  route: { stripPrefix: boolean },
  outputs: {},
  ack: {},
  'input.string': {
    default: string,
    description,
    env,
    pattern: { takes: "a regular expression such as '[a-z]+'" },
    minLength: whole,
    maxLength: whole,
  },
  'input.number': {
    default: { takes: 'a number' },
    description,
    env,
    min: { takes: 'a number' },
    max: { takes: 'a number' },
    whole: boolean,
  },
  'input.boolean': { default: boolean, description, env },
  'input.oneOf': { default: { takes: 'one of the values' }, description, env },
  'input.secret': { description, env },
}

/** What the arguments take, in their order; the last one holds the fields. */
export const argumentsOf: Readonly<Record<Word, readonly string[]>> = {
  stack: ['a name', 'an object of inputs', 'a function'],
  service: ['a name', 'an object of options'],
  job: ['a name', 'an object of options'],
  cron: ['a name', 'an object of options'],
  volume: ['a name', 'an object of options'],
  secret: ['a name', 'an object of options'],
  config: ['a name', 'an object of options'],
  ingress: ['a name', 'an object of options'],
  http: ['a port number from 1 to 65535', 'an object with published and hostPort'],
  tcp: ['a port number from 1 to 65535', 'an object with published and hostPort'],
  udp: ['a port number from 1 to 65535', 'an object with published and hostPort'],
  grpc: ['a port number from 1 to 65535', 'an object with published and hostPort'],
  build: ['a folder', 'an object with dockerfile, target and args'],
  text: [],
  place: [],
  scale: ['an object with min and max'],
  every: ["five fields of cron such as '30 2 * * 1-5'"],
  gate: [],
  route: ['an http or grpc port of a service', 'an object with stripPrefix'],
  outputs: ['the name of a stack'],
  ack: ["the code of a warning such as 'GT4001'", 'a reason: a string', 'what a declaration returned'],
  'input.string': ['an object of options'],
  'input.number': ['an object of options'],
  'input.boolean': ['an object of options'],
  'input.oneOf': ['strings, or a list of strings', 'an object of options'],
  'input.secret': ['an object with description and env'],
}

export function isWord(word: string | null | undefined): word is Word {
  return typeof word === 'string' && Object.hasOwn(fieldsOf, word)
}

/** Fields at one level: `fieldNames('service', ['health'])` gives http, port, tcp, … */
export function fieldNames(word: Word, within: readonly string[] = []): string[] {
  const fields = within.length === 0 ? fieldsOf[word] : fieldAt(word, within)?.fields
  return Object.keys(fields ?? {})
}

/** What the value at a path in the arguments takes; undefined when the path is not one of the vocabulary. */
export function takesAt(word: Word, path: readonly string[]): string | undefined {
  const [argument, ...rest] = path
  const words = argumentsOf[word]
  if (rest.length === 0) return words[Number(argument)]
  if (Number(argument) !== words.length - 1) return undefined
  return fieldAt(word, rest)?.takes
}

function fieldAt(word: Word, path: readonly string[]): Field | undefined {
  let at: Field = { takes: '', fields: fieldsOf[word] }
  for (const key of path) {
    const next: Field | undefined = at.fields && Object.hasOwn(at.fields, key) ? at.fields[key] : at.each
    if (!next) return undefined
    at = next
  }
  return at
}
