// What a program declares, in the order in which it does. Invariant: everything is kept as it was given, with the calls
// that led to it; nothing is judged here, because the compiler can show the place and this cannot. What must not go
// on (a declaration outside of a body) is thrown.

import { runningCalls } from './calls.ts'
import { encode } from './encode.ts'
import type { Encoded } from './encode.ts'
import { branded, makeHandle, targetOf } from './handle.ts'
import type {
  Access,
  Build,
  Config,
  Cron,
  Gate,
  Ingress,
  Input,
  InputKinds,
  Inputs,
  InputValues,
  Job,
  Mounts,
  Placement,
  Port,
  Ports,
  Protocol,
  Route,
  ScalingPolicy,
  Schedule,
  Secret,
  Service,
  ServiceOptions,
  Stack,
  Text,
  Volume,
} from './index.ts'
import { Mistake } from './mistake.ts'

export interface Declared {
  readonly kind: 'service' | 'job' | 'cron' | 'volume' | 'secret' | 'config' | 'ingress'
  readonly name: Encoded
  readonly options: Encoded
  readonly calls: readonly number[]
  /** Of a secret that is declared as an input: the input's name. */
  readonly input?: string
}

/** What is made by a call and has no name of its own: text, ports, builds, templates of the small languages, inputs. */
export interface Made {
  readonly kind:
    'text' | 'listen' | 'build' | 'place' | 'scale' | 'every' | 'gate' | 'route' | 'output' | 'input'
  readonly values: Readonly<Record<string, Encoded>>
  readonly calls: readonly number[]
}

/** A warning that the program answers for. */
export interface Acknowledged {
  readonly code: Encoded
  readonly reason: Encoded
  readonly of: Encoded
  readonly calls: readonly number[]
}

export interface DeclaredStack {
  readonly name: Encoded
  readonly inputs: Encoded
  /** Of the inputs that are secrets: the name of the secret by that of the input. */
  readonly secrets: Readonly<Record<string, string>>
  readonly calls: readonly number[]
}

/** More are a loop that was not meant; a cluster could not carry them either. */
const declarationLimit = 50_000
const madeLimit = 500_000

// State of one evaluation: the sandbox is made anew for each, so nothing outlives it.
const declared: Declared[] = []
const made: Made[] = []
const stacks: DeclaredStack[] = []
const bodies: unknown[] = []
const acknowledged: Acknowledged[] = []
let outputs: Encoded = {}
let isInBody = false

export function allDeclared(): {
  readonly stacks: readonly DeclaredStack[]
  readonly declared: readonly Declared[]
  readonly made: readonly Made[]
  readonly acknowledged: readonly Acknowledged[]
  /** What the body returned, where that is a plain object. */
  readonly outputs: Encoded
} {
  return { stacks, declared, made, acknowledged, outputs }
}

/** Runs the body of the stack with that index. Throws what the body throws. */
export function runBody(at: number, inputs: object): void {
  const body = bodies[at]
  if (typeof body !== 'function') throw new Mistake('GT2007', { what: 'body' })
  const values = Object.freeze({ ...inputs, ...secretInputs(at) })
  isInBody = true
  const result: unknown = Reflect.apply(body, undefined, [values])
  isInBody = false
  if (typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function')
    throw new Mistake('GT1010', {})
  // A handle is what a body without braces returns by the way; it is no set of outputs.
  if (result !== undefined && !(typeof result === 'object' && result !== null && targetOf(result)))
    outputs = encode(result)
}

/** Handles for the inputs that are secrets: their values do not come here, only that they are declared. */
function secretInputs(at: number): Readonly<Record<string, object>> {
  const { inputs, secrets = {} } = stacks[at] ?? {}
  return Object.fromEntries(
    Object.entries(secrets).flatMap(([input, name]): [string, object][] => {
      const of = madeInput(inputs, input)
      if (!of) return []
      const options = of.values['options'] ?? {}
      const index = declared.push({ kind: 'secret', name, options, calls: of.calls, input }) - 1
      const what = called('secret', name)
      return [[input, makeHandle(what, { $: 'secret', at: index }, secretMembers(what, index))]]
    }),
  )
}

/** The names of the secrets that inputs are: `dbPassword` is `db-password`. */
function secretNames(inputs: Encoded): Readonly<Record<string, string>> {
  if (typeof inputs !== 'object' || inputs === null) return {}
  const names = Object.keys(inputs).filter((input) => madeInput(inputs, input)?.values['type'] === 'secret')
  return Object.fromEntries(
    names.map((input) => [
      input,
      input
        .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
        .replaceAll('_', '-')
        .toLowerCase(),
    ]),
  )
}

/** What was made for the input of that name; undefined when that is something else. */
function madeInput(inputs: unknown, name: string): Made | undefined {
  const value: unknown = Reflect.get(Object(inputs) as object, name) // Object() makes an object of all that is none
  if (typeof value !== 'object' || value === null || !('$' in value) || value.$ !== 'input') return undefined
  return 'at' in value && typeof value.at === 'number' ? made[value.at] : undefined
}

function record(kind: Declared['kind'], name: unknown, options: unknown): number {
  if (!isInBody) throw new Mistake('GT2006', { word: kind })
  if (declared.length >= declarationLimit) throw new Mistake('GT5006', { limit: String(declarationLimit) })
  return declared.push({ kind, name: encode(name), options: encode(options), calls: runningCalls() }) - 1
}

function make(kind: Made['kind'], values: Made['values']): number {
  if (made.length >= madeLimit) throw new Mistake('GT5006', { limit: String(madeLimit) })
  return made.push({ kind, values, calls: runningCalls() }) - 1
}

/** `service 'db'`; a name that is no text is left to the compiler. */
function called(kind: string, name: unknown): string {
  return typeof name === 'string' ? `${kind} '${name}'` : kind
}

export function declareService<P extends Ports, M extends Mounts>(
  name: string,
  options: ServiceOptions<P, M>,
): Service<P> {
  const at = record('service', name, options)
  return branded(
    makeHandle(called('service', name), { $: 'service', at }, { name, ports: portsOf(at, name, options) }),
  )
}

/** Members that JavaScript asks for when it makes a text of an object. */
function becomesText(key: PropertyKey): boolean {
  return key === Symbol.toPrimitive || key === 'toString' || key === 'toLocaleString' || key === 'toJSON'
}

/** A name that is not among the ports is refused where it is used, also when a cast has hidden it from the checker. */
function portsOf(at: number, name: string, options: unknown): object {
  const given: unknown =
    typeof options === 'object' && options !== null && 'ports' in options ? options.ports : undefined
  const names = typeof given === 'object' && given !== null ? Object.keys(given) : []
  const refs = new Map<string, object>()
  for (const port of names) {
    const declared: unknown = Reflect.get(Object(given) as object, port)
    const protocol: unknown = Reflect.get(Object(declared) as object, 'protocol')
    const of = `of port '${port}' of ${called('service', name)}`
    const host = makeHandle(`the host ${of}`, { $: 'host', at, name: port })
    const number = makeHandle(`the number ${of}`, { $: 'number', at, name: port })
    refs.set(port, makeHandle(`the address ${of}`, { $: 'port', at, name: port }, { protocol, host, number }))
  }
  return new Proxy(Object.freeze(Object.fromEntries(refs)), {
    get(_, key) {
      if (becomesText(key)) throw new Mistake('GT1201', { what: `the ports of ${called('service', name)}` })
      if (typeof key === 'symbol' || key === 'then') return undefined
      const ref = refs.get(key)
      if (ref) return ref
      throw new Mistake('GT2001', { service: name, port: key, ports: names.join('\n') })
    },
  })
}

export function declareJob(name: string, options: unknown): Job {
  return branded(makeHandle(called('job', name), { $: 'job', at: record('job', name, options) }, { name }))
}

export function declareVolume<A extends Access>(name: string, options: unknown): Volume<A> {
  const at = record('volume', name, options)
  const what = called('volume', name)
  const access: unknown = Reflect.get(Object(options) as object, 'access') ?? 'single-writer'
  const readOnly = makeHandle(what, { $: 'volume', at, readOnly: true }, { access: 'read-only' })
  const members = { access, readOnly: () => readOnly }
  return branded(makeHandle(what, { $: 'volume', at, readOnly: false }, members))
}

export function declareSecret(name: string, options: unknown): Secret {
  const at = record('secret', name, options)
  const what = called('secret', name)
  return branded(makeHandle(what, { $: 'secret', at }, secretMembers(what, at)))
}

function secretMembers(what: string, at: number): object {
  const file = makeHandle(`the path of the file of ${what}`, { $: 'file', at })
  const env = makeHandle(`the value of ${what}`, { $: 'env', at })
  return { file, env }
}

export function declareCron(name: string, options: unknown): Cron {
  return branded(makeHandle(called('cron', name), { $: 'cron', at: record('cron', name, options) }, { name }))
}

export function declareConfig(name: string, options: unknown): Config {
  return branded(makeHandle(called('config', name), { $: 'config', at: record('config', name, options) }))
}

export function declareIngress(name: string, options: unknown): Ingress {
  return branded(
    makeHandle(called('ingress', name), { $: 'ingress', at: record('ingress', name, options) }, { name }),
  )
}

export function declareAcknowledgement(code: unknown, reason: unknown, of: unknown): void {
  if (!isInBody) throw new Mistake('GT2006', { word: 'ack' })
  acknowledged.push({
    code: encode(code),
    reason: encode(reason),
    of: encode(of ?? null),
    calls: runningCalls(),
  })
}

export function declareStack<I extends Inputs, O>(
  name: string,
  inputs: I,
  body: (inputs: InputValues<I>) => O,
): Stack<O> {
  if (isInBody) throw new Mistake('GT0010', {})
  const encoded = encode(inputs)
  const declaredStack = {
    name: encode(name),
    inputs: encoded,
    secrets: secretNames(encoded),
    calls: runningCalls(),
  }
  const at = stacks.push(declaredStack) - 1
  bodies.push(body)
  return branded(makeHandle(called('stack', name), { $: 'stack', at }))
}

export function makePort<P extends Protocol>(protocol: P, port: number, options: unknown): Port<P> {
  const at = make('listen', { protocol, port: encode(port), options: encode(options) })
  return branded(makeHandle('a port', { $: 'listen', at }, { protocol }))
}

export function makeText(strings: unknown, holes: readonly unknown[]): Text {
  return branded(
    makeHandle('a text with references', {
      $: 'text',
      at: make('text', { strings: encode(strings), holes: encode(holes) }),
    }),
  )
}

export function makeBuild(folder: string, options: unknown): Build {
  return branded(
    makeHandle('a build', {
      $: 'build',
      at: make('build', { folder: encode(folder), options: encode(options) }),
    }),
  )
}

/** A template as the compiler reads it: its raw texts (escapes are none of its business) and what stands in its holes. */
function makeTemplate(
  kind: 'place' | 'scale' | 'every' | 'gate',
  what: string,
  strings: unknown,
  holes: readonly unknown[],
  more: Made['values'] = {},
): object {
  const raw: unknown = Reflect.get(Object(strings) as object, 'raw') // called without a template there is none, which the compiler says
  return makeHandle(what, {
    $: kind,
    at: make(kind, { ...more, strings: encode(raw), holes: encode(holes) }),
  })
}

export function makePlacement(strings: unknown, holes: readonly unknown[]): Placement {
  return branded(makeTemplate('place', 'a placement', strings, holes))
}

export function makeGate(strings: unknown, holes: readonly unknown[]): Gate {
  return branded(makeTemplate('gate', 'a gate', strings, holes))
}

export function makeScaling(options: unknown): ScalingPolicy {
  // Bounds and policy are two calls: those of the bounds are kept, because what is wrong with them is shown there.
  const bounds = { options: encode(options), boundsCalls: runningCalls() }
  return (strings, ...holes) => branded(makeTemplate('scale', 'a scaling policy', strings, holes, bounds))
}

export function makeSchedule(given: unknown, holes: readonly unknown[]): Schedule {
  if (typeof given === 'string')
    return branded(makeHandle('a schedule', { $: 'every', at: make('every', { cron: given }) }))
  return branded(makeTemplate('every', 'a schedule', given, holes))
}

export function makeRoute(to: unknown, options: unknown): Route {
  return branded(
    makeHandle('a route', { $: 'route', at: make('route', { to: encode(to), options: encode(options) }) }),
  )
}

/** The names are not known here: what the other stack hands out is looked at when the plan is made. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says what they are
export function makeOutputs<Refs>(stack: unknown): Refs {
  const at = make('output', { stack: encode(stack) })
  const known = new Map<string, object>()
  const refs = new Proxy(Object.freeze({}), {
    get(_, key) {
      if (becomesText(key)) throw new Mistake('GT1201', { what: 'what another stack hands out' })
      if (typeof key === 'symbol' || key === 'then') return undefined
      const ref =
        known.get(key) ?? makeHandle(`output '${key}' of another stack`, { $: 'output', at, name: key })
      known.set(key, ref)
      return ref
    },
  })
  return branded(refs)
}

function makeInputOf<V>(type: string, values: unknown, options: unknown): Input<V> {
  return branded(
    makeHandle('an input', {
      $: 'input',
      at: make('input', { type, values: encode(values), options: encode(options) }),
    }),
  )
}

export const makeInput: InputKinds = Object.freeze({
  string: (options: unknown = {}) => makeInputOf<string>('string', [], options),
  number: (options: unknown = {}) => makeInputOf<number>('number', [], options),
  boolean: (options: unknown = {}) => makeInputOf<boolean>('boolean', [], options),
  oneOf: <V extends string>(...values: readonly unknown[]) =>
    Array.isArray(values[0])
      ? makeInputOf<V>('oneOf', values[0], values[1] ?? {})
      : makeInputOf<V>('oneOf', values, {}),
  secret: (options: unknown = {}) => makeInputOf<Secret>('secret', [], options),
})
