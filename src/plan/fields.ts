// What is declared of a thing, as a flat list of fields a person would name: `image`, `env LOG`, `port http`, with
// the value as it would be written. Invariant: two specs that differ have a field that differs, whatever the fields
// look like. It compares specs of one kind only and does not say what follows from a difference.

import { canonicalJson, formatBytes, formatCpu, formatDuration, unreachable } from '../model/index.ts'
import type {
  EnvValue,
  Image,
  JobSpec,
  Placement,
  Port,
  Probe,
  Rollout,
  SecretSpec,
  ServiceSpec,
  TaskTemplate,
  TextPart,
  VolumeSpec,
} from '../model/index.ts'

export interface Field {
  /** Keys below the thing in the stack document: `['template', 'env', 'LOG']`. */
  readonly path: readonly string[]
  readonly label: string
  readonly text: string
  /** What the text leaves out, for when nothing else differs: the numbers behind the names of ports. */
  readonly detail?: string
  /** What is compared; the text is for people. */
  readonly value: unknown
}

export interface FieldDifference {
  readonly path: readonly string[]
  readonly label: string
  readonly before: string | null
  readonly after: string | null
}

/** Fields in which two lists of one kind differ, in the order of their kind. */
export function differences(before: readonly Field[], after: readonly Field[]): FieldDifference[] {
  const keyOf = (field: Field) => canonicalJson(field.path)
  const old = new Map(before.map((field) => [keyOf(field), field]))
  const found: { readonly place: number; readonly difference: FieldDifference }[] = []
  for (const [place, field] of after.entries()) {
    const was = old.get(keyOf(field))
    old.delete(keyOf(field))
    if (was && canonicalJson(was.value) === canonicalJson(field.value)) continue
    const written = was === undefined || was.text !== field.text ? byText : tellingApart(was, field)
    found.push({
      place,
      difference: {
        path: field.path,
        label: field.label,
        before: was ? written(was) : null,
        after: written(field),
      },
    })
  }
  for (const field of old.values()) {
    // What went stands where its kind stands: behind the fields that begin like it.
    const place = after.findLastIndex((each) => isSibling(each.path, field.path))
    const { path, label, text } = field
    found.push({ place: place + 0.5, difference: { path, label, before: text, after: null } })
  }
  return found.toSorted((a, b) => a.place - b.place).map(({ difference }) => difference)
}

const byText = (field: Field) => field.text

/** How two values are written that differ and read alike. */
function tellingApart(a: Field, b: Field): (field: Field) => string {
  return a.detail === b.detail
    ? (field) => canonicalJson(field.value)
    : ({ text, detail }) => (detail === undefined ? text : `${text} ${detail}`)
}

function isSibling(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.slice(0, -1).every((key, index) => key === b[index])
}

export function serviceFields(spec: ServiceSpec): Field[] {
  return [
    ...imageFields(spec.template.image),
    field(['replicas'], 'replicas', String(spec.replicas), spec.replicas),
    ...templateFields(spec.template),
    ...placementFields(spec.placement),
    ...rolloutFields(spec.rollout),
    ...dependsOnFields(spec.dependsOn),
  ]
}

export function jobFields(spec: JobSpec): Field[] {
  return [
    ...imageFields(spec.template.image),
    ...templateFields(spec.template),
    field(['retries'], 'retries', String(spec.retries), spec.retries),
    ...placementFields(spec.placement),
    ...dependsOnFields(spec.dependsOn),
  ]
}

export function volumeFields(spec: VolumeSpec): Field[] {
  return [
    ...optional(['size'], 'size', spec.size, formatBytes),
    field(['access'], 'access', spec.access, spec.access),
    field(['reclaim'], 'reclaim', spec.reclaim, spec.reclaim),
  ]
}

export function secretFields(spec: SecretSpec): Field[] {
  return optional(['generateBytes'], 'generate', spec.generateBytes, (bytes) => `${bytes} random bytes`)
}

function imageFields(image: Image): Field[] {
  const path = ['template', 'image']
  if ('ref' in image) return [field(path, 'image', written(image.ref), image)]
  const { context, digest, dockerfile, args } = image.build
  return [
    field(path, 'image', `build(${quoted(context)}) ${digest.slice(0, 8)}…`, { context, digest }),
    ...(dockerfile === 'Dockerfile'
      ? []
      : [field([...path, 'build', 'dockerfile'], 'dockerfile', written(dockerfile), dockerfile)]),
    ...recordFields([...path, 'build', 'args'], 'build arg', args, written),
  ]
}

function templateFields(template: TaskTemplate): Field[] {
  const { cpu, memory, cpuLimit } = template.resources
  const at = (...keys: readonly string[]) => ['template', ...keys]
  return [
    ...optional(at('command'), 'command', template.command, list),
    ...optional(at('args'), 'args', template.args, list),
    ...recordFields(at('env'), 'env', template.env, envText, portNumbers),
    ...recordFields(at('ports'), 'port', template.ports, portText),
    ...recordFields(
      at('mounts'),
      'mount',
      template.mounts,
      (mount) => `volume:${mount.volume}${mount.readOnly ? ', read-only' : ''}`,
    ),
    ...some(at('secretFiles'), 'secret files', template.secretFiles, (names) => names.join(', ')),
    ...nonzero(at('resources', 'cpu'), 'cpu', cpu, formatCpu),
    ...optional(at('resources', 'cpuLimit'), 'cpu limit', cpuLimit, formatCpu),
    ...nonzero(at('resources', 'memory'), 'memory', memory, formatBytes),
    ...healthFields(template.health),
    ...optional(at('user'), 'user', template.user, written),
    ...optional(at('workingDir'), 'working dir', template.workingDir, written),
    field(at('readOnlyRoot'), 'read-only root', template.readOnlyRoot ? 'yes' : 'no', template.readOnlyRoot),
    ...optional(at('stopSignal'), 'stop signal', template.stopSignal, written),
    field(at('stopGraceMs'), 'stop grace', formatDuration(template.stopGraceMs), template.stopGraceMs),
    ...recordFields(at('labels'), 'label', template.labels, written),
  ]
}

function healthFields(health: Probe | undefined): Field[] {
  if (!health) return []
  const at = (...keys: readonly string[]) => ['template', 'health', ...keys]
  return [
    field(at('check'), 'health', checkText(health), health.check),
    field(at('intervalMs'), 'health every', formatDuration(health.intervalMs), health.intervalMs),
    field(at('timeoutMs'), 'health timeout', formatDuration(health.timeoutMs), health.timeoutMs),
    field(at('failures'), 'health failures', String(health.failures), health.failures),
  ]
}

function checkText({ check }: Probe): string {
  switch (check.kind) {
    case 'http':
      return `http ${written(check.path)} on port ${check.port}`
    case 'tcp':
      return `tcp on port ${check.port}`
    case 'exec':
      return `exec ${list(check.command)}`
    default:
      return unreachable(check)
  }
}

function placementFields(placement: Placement): Field[] {
  return some(['placement', 'require'], 'require', placement.require, (require) =>
    require.map((each) => `${each.attribute} ${each.operator} ${JSON.stringify(each.value)}`).join('; '),
  )
}

function rolloutFields(rollout: Rollout): Field[] {
  const { batch } = rollout
  const at = (key: string) => ['rollout', key]
  return [
    field(at('batch'), 'batch', 'count' in batch ? String(batch.count) : `${batch.percent}%`, batch),
    field(at('order'), 'order', rollout.order, rollout.order),
    field(at('minHealthyMs'), 'min healthy', formatDuration(rollout.minHealthyMs), rollout.minHealthyMs),
    field(at('deadlineMs'), 'deadline', formatDuration(rollout.deadlineMs), rollout.deadlineMs),
    field(at('onFailure'), 'on failure', rollout.onFailure, rollout.onFailure),
  ]
}

function dependsOnFields(dependsOn: readonly string[]): Field[] {
  return some(['dependsOn'], 'depends on', dependsOn, (names) => names.join(', '))
}

function envText(value: EnvValue): string {
  if ('secretFile' in value) return `file of secret:${value.secretFile}`
  return value.text.every((part) => typeof part === 'string')
    ? written(value.text.join(''))
    : `text\`${value.text.map(partText).join('')}\``
}

/** `(8080, 5432)`: the numbers of the ports that a text names, in its order. */
function portNumbers(value: EnvValue): string | undefined {
  const numbers = ('text' in value ? value.text : []).flatMap((part) =>
    typeof part === 'object' && 'endpoint' in part ? [part.endpoint.container] : [],
  )
  return numbers.length === 0 ? undefined : `(${numbers.join(', ')})`
}

function partText(part: TextPart): string {
  if (typeof part === 'string') return part.replaceAll(/[\\`]|\$(?=\{)/g, '\\$&')
  return 'secret' in part
    ? `\${secret:${part.secret}}`
    : `\${${part.endpoint.service}.ports.${part.endpoint.port}}`
}

function portText(port: Port): string {
  return `${port.protocol} ${port.container}${port.published === undefined ? '' : `, published on ${port.published}`}`
}

function field(path: readonly string[], label: string, text: string, value: unknown): Field {
  return { path, label, text, value }
}

function optional<Value>(
  path: readonly string[],
  label: string,
  value: Value | undefined,
  text: (value: Value) => string,
): Field[] {
  return value === undefined ? [] : [field(path, label, text(value), value)]
}

/** 0 means that none is reserved, which is how a missing field reads. */
function nonzero(
  path: readonly string[],
  label: string,
  value: number,
  text: (value: number) => string,
): Field[] {
  return value === 0 ? [] : [field(path, label, text(value), value)]
}

function some<Value>(
  path: readonly string[],
  label: string,
  values: readonly Value[],
  text: (values: readonly Value[]) => string,
): Field[] {
  return values.length === 0 ? [] : [field(path, label, text(values), values)]
}

function recordFields<Value>(
  path: readonly string[],
  label: string,
  record: Readonly<Record<string, Value>>,
  text: (value: Value) => string,
  detail: (value: Value) => string | undefined = () => undefined,
): Field[] {
  return Object.entries(record)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => {
      const more = detail(value)
      return {
        ...field([...path, key], `${label} ${written(key)}`, text(value), value),
        ...(more === undefined ? {} : { detail: more }),
      }
    })
}

function list(words: readonly string[]): string {
  return words.length === 0 ? '[]' : words.map(written).join(' ')
}

/** Plain words stand as they are; everything else is quoted, so that no value can look like something else. */
function written(text: string): string {
  return /^[\p{L}\p{N}_./:@%+=,?&~#*!^-]+$/u.test(text) ? text : JSON.stringify(text)
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
