// What is declared of a thing, as a flat list of fields. Invariant: two specs that differ have a field that differs,
// whatever the fields look like. It does not say what follows from a difference.

import { conditionText } from '../control/index.ts'
import { digestOf, formatBytes, formatDuration, unreachable } from '../model/index.ts'
import type {
  ConfigSpec,
  CronSpec,
  Dependency,
  Gate,
  IngressSpec,
  JobSpec,
  Parameter,
  Placement,
  Reach,
  Reschedule,
  Rollout,
  Scaling,
  Schedule,
  SecretSpec,
  ServiceSpec,
  Share,
  VolumeSpec,
} from '../model/index.ts'
import { pairs, templateFields, textText } from './container-fields.ts'
import { field, list, optional, optionalRecord, some, recordFields, written } from './field.ts'
import type { Field } from './field.ts'

export function serviceFields(spec: ServiceSpec): Field[] {
  const [image, rest] = imageFirst(templateFields(spec.template))
  return [
    ...image,
    field(['replicas'], 'replicas', String(spec.replicas), spec.replicas),
    ...optional(['perNode'], 'per node', spec.perNode, () => 'one task on each'),
    ...scalingFields(spec.scaling),
    ...rest,
    ...placementFields(spec.placement),
    field(['priority'], 'priority', String(spec.priority), spec.priority),
    ...rolloutFields(spec.rollout),
    ...optional(['budget'], 'budget', spec.budget, (budget) =>
      'minAvailable' in budget
        ? `at least ${shareText(budget.minAvailable)} available`
        : `at most ${shareText(budget.maxUnavailable)} unavailable`,
    ),
    field(['reschedule'], 'reschedule', rescheduleText(spec.reschedule), spec.reschedule),
    field(['onLost'], 'on lost', spec.onLost, spec.onLost),
    ...optional(
      ['fenceAfterMs'],
      'fenced after',
      spec.fenceAfterMs,
      (after) => `${formatDuration(after)} without a leader`,
    ),
    ...dependsOnFields(spec.dependsOn),
    ...reachesFields(spec.reaches),
  ]
}

/** `root` is where the job stands: a cron has it in `job`. */
export function jobFields(spec: JobSpec, root: readonly string[] = []): Field[] {
  const at = (...keys: readonly string[]) => [...root, ...keys]
  const count = (key: 'retries' | 'completions' | 'parallelism' | 'priority') =>
    field(at(key), key, String(spec[key]), spec[key])
  const { backoff, exitCodes } = spec
  return [
    ...templateFields(spec.template, root),
    count('retries'),
    field(at('backoff'), 'back-off', waitText(backoff.delayMs, backoff.maxDelayMs), backoff),
    count('completions'),
    count('parallelism'),
    ...optional(at('indexed'), 'indexed', spec.indexed, () => 'yes'),
    ...optional(at('perNode'), 'per node', spec.perNode, () => 'once on each'),
    ...optional(at('deadlineMs'), 'deadline', spec.deadlineMs, formatDuration),
    ...(exitCodes === undefined
      ? []
      : (['fail', 'succeed', 'retry'] as const).map((key) =>
          field(
            at('exitCodes', key),
            `exit codes: ${key}`,
            exitCodes[key].join(', ') || 'none',
            exitCodes[key],
          ),
        )),
    field(at('trigger'), 'started by', spec.trigger, spec.trigger),
    ...optionalRecord(at('parameters'), 'parameter', spec.parameters, parameterText),
    ...placementFields(spec.placement, root),
    count('priority'),
    ...dependsOnFields(spec.dependsOn, root),
    ...reachesFields(spec.reaches, root),
  ]
}

export function cronFields(spec: CronSpec): Field[] {
  const { succeeded, failed } = spec.history
  return [
    field(['schedule'], 'schedule', scheduleText(spec.schedule), spec.schedule),
    field(['timezone'], 'timezone', written(spec.timezone), spec.timezone),
    field(['overlap'], 'overlap', spec.overlap, spec.overlap),
    field(['missedMs'], 'missed runs', missedText(spec.missedMs), spec.missedMs),
    field(['history'], 'history', `${succeeded} good, ${failed} failed`, spec.history),
    ...optional(['suspended'], 'suspended', spec.suspended, () => 'yes'),
    ...jobFields(spec.job, ['job']),
  ]
}

export function volumeFields(spec: VolumeSpec): Field[] {
  return [
    ...optional(['size'], 'size', spec.size, formatBytes),
    field(['access'], 'access', spec.access, spec.access),
    field(['reclaim'], 'reclaim', spec.reclaim, spec.reclaim),
    field(['driver'], 'driver', driverText(spec.driver), spec.driver),
    ...optional(
      ['backup'],
      'backup',
      spec.backup,
      ({ schedule, timezone, keep }) => `${scheduleText(schedule)} ${written(timezone)}, keep ${keep}`,
    ),
  ]
}

export function secretFields(spec: SecretSpec): Field[] {
  return [
    ...optional(['generateBytes'], 'generate', spec.generateBytes, (bytes) => `${bytes} random bytes`),
    ...optional(['input'], 'input', spec.input, written),
    ...optional(['onChange'], 'on change', spec.onChange, onChangeText),
  ]
}

/** Contents longer than this are shown by their digest. */
const contentShown = 200

export function configFields(spec: ConfigSpec): Field[] {
  const text = textText(spec.content)
  const digest = digestOf(spec.content).slice(0, 8)
  return [
    field(
      ['content'],
      'content',
      text.length > contentShown ? `${text.length} characters, ${digest}…` : text,
      spec.content,
    ),
    field(['mode'], 'mode', spec.mode, spec.mode),
    field(['onChange'], 'on change', onChangeText(spec.onChange), spec.onChange),
  ]
}

export function ingressFields(spec: IngressSpec): Field[] {
  return [
    field(['hosts'], 'hosts', list(spec.hosts), spec.hosts),
    ...recordFields(
      ['routes'],
      'route',
      spec.routes,
      ({ service, port, stripPrefix }) =>
        `${service}.ports.${port}${stripPrefix ? ', without the prefix' : ''}`,
    ),
    field(['tls'], 'tls', spec.tls, spec.tls),
    field(['redirect'], 'redirect', spec.redirect ? 'yes' : 'no', spec.redirect),
  ]
}

/** The image stands first, before how many there are of it. */
function imageFirst(fields: readonly Field[]): [Field[], Field[]] {
  const isImage = ({ path }: Field) => path[0] === 'template' && path[1] === 'image'
  return [fields.filter(isImage), fields.filter((each) => !isImage(each))]
}

function placementFields(placement: Placement, root: readonly string[] = []): Field[] {
  const at = (key: string) => [...root, 'placement', key]
  const joined = (texts: readonly string[]) => texts.join('; ') || 'none'
  const weighted = (weight: number | undefined) => (weight === undefined ? '' : ` weight ${weight}`)
  return [
    ...some(at('require'), 'require', placement.require, (require) => joined(require.map(conditionText))),
    ...optional(at('prefer'), 'prefer', placement.prefer, (prefer) =>
      joined(prefer.map(({ when, weight }) => `${conditionText(when)}${weighted(weight)}`)),
    ),
    ...optional(at('spread'), 'spread', placement.spread, (spread) =>
      joined(spread.map(({ attribute, weight }) => `${written(attribute)}${weighted(weight)}`)),
    ),
    ...optional(at('near'), 'near', placement.near, (near) =>
      joined(
        near.map(({ service, away, weight }) => `${away ? 'away from ' : ''}${service}${weighted(weight)}`),
      ),
    ),
    ...optional(at('maxPerNode'), 'max per node', placement.maxPerNode, String),
    ...optional(at('tolerate'), 'tolerate', placement.tolerate, list),
  ]
}

function rolloutFields(rollout: Rollout): Field[] {
  const at = (key: string) => ['rollout', key]
  return [
    field(at('batch'), 'batch', shareText(rollout.batch), rollout.batch),
    field(at('order'), 'order', rollout.order, rollout.order),
    field(at('minHealthyMs'), 'min healthy', formatDuration(rollout.minHealthyMs), rollout.minHealthyMs),
    field(at('deadlineMs'), 'deadline', formatDuration(rollout.deadlineMs), rollout.deadlineMs),
    field(at('onFailure'), 'on failure', rollout.onFailure, rollout.onFailure),
    ...optional(at('pauseMs'), 'pause', rollout.pauseMs, formatDuration),
    ...optional(at('gate'), 'gate', rollout.gate, gateText),
    ...optional(at('canary'), 'canary', rollout.canary, (steps) =>
      steps.map(({ tasks, pause, gate }) => `${shareText(tasks)}${pauseText(pause, gate)}`).join('; '),
    ),
    ...optional(
      at('blueGreen'),
      'blue-green',
      rollout.blueGreen,
      ({ pause, gate, keepOldMs }) =>
        `all at once${pauseText(pause, gate)}, keep the old ${formatDuration(keepOldMs)}`,
    ),
    ...optional(at('before'), 'before', rollout.before, written),
  ]
}

function pauseText(pause: { readonly ms: number } | 'promote', gate: Gate | undefined): string {
  const until = pause === 'promote' ? ' until promoted' : ` for ${formatDuration(pause.ms)}`
  return gate === undefined ? until : `${until} while ${gateText(gate)}`
}

function gateText({ when, forMs }: Gate): string {
  return forMs === 0 ? conditionText(when) : `${conditionText(when)} for ${formatDuration(forMs)}`
}

function scalingFields(scaling: Scaling | undefined): Field[] {
  if (!scaling) return []
  const at = (key: string) => ['scaling', key]
  const step = (sign: number, text: string) => (sign > 0 ? `+${text}` : text)
  return [
    field(at('min'), 'scale min', String(scaling.min), scaling.min),
    field(at('max'), 'scale max', String(scaling.max), scaling.max),
    ...some(at('rules'), 'scale by', scaling.rules, (rules) =>
      rules
        .map(({ when, forMs, step: by }) => {
          const change = 'count' in by ? step(by.count, String(by.count)) : step(by.percent, `${by.percent}%`)
          return `${gateText({ when, forMs })} => ${change}`
        })
        .join('; '),
    ),
    ...some(at('targets'), 'scale to', scaling.targets, (targets) =>
      targets
        .map(
          ({ attribute, of, per }) =>
            `${attribute}${of === undefined ? '' : `(${JSON.stringify(of)})`} / ${per} per replica`,
        )
        .join('; '),
    ),
    field(at('protectMs'), 'scale protect', formatDuration(scaling.protectMs), scaling.protectMs),
    ...optional(
      at('schedule'),
      'scale schedule',
      scaling.schedule,
      (entries) =>
        entries
          .map(
            ({ at: when, timezone, min, max }) =>
              `${scheduleText(when)} ${written(timezone)}${min === undefined ? '' : ` min ${min}`}${max === undefined ? '' : ` max ${max}`}`,
          )
          .join('; ') || 'none',
    ),
  ]
}

function shareText(share: Share): string {
  return 'count' in share ? String(share.count) : `${share.percent}%`
}

function rescheduleText(reschedule: Reschedule): string {
  if (reschedule === null) return 'never'
  const { after, withinMs, delayMs, maxDelayMs } = reschedule
  return `after ${after} failures in ${formatDuration(withinMs)}, ${waitText(delayMs, maxDelayMs)}`
}

/** A wait that doubles up to a limit. */
function waitText(delayMs: number, maxDelayMs: number): string {
  return `${formatDuration(delayMs)} ×2 to ${formatDuration(maxDelayMs)}`
}

function scheduleText(schedule: Schedule): string {
  return 'cron' in schedule
    ? schedule.cron.map(written).join(' or ')
    : `every ${formatDuration(schedule.everyMs)}`
}

function missedText(missedMs: number): string {
  return missedMs === 0 ? 'never made up for' : `made up for when under ${formatDuration(missedMs)} late`
}

function onChangeText(onChange: ConfigSpec['onChange']): string {
  return typeof onChange === 'string' ? onChange : `signal ${written(onChange.signal)}`
}

function driverText(driver: VolumeSpec['driver']): string {
  switch (driver.kind) {
    case 'local':
    case 'tmpfs':
      return driver.kind
    case 'bind':
      return `bind ${written(driver.path)}`
    case 'nfs':
      return ['nfs', `${driver.server}:${driver.path}`, ...driver.options].map(written).join(' ')
    case 'plugin':
      return ['plugin', driver.name, ...pairs(driver.options)].map(written).join(' ')
    default:
      return unreachable(driver)
  }
}

function parameterText(parameter: Parameter): string {
  const { type, values, default: otherwise, description, pattern, min, max } = parameter
  return [
    type,
    ...(values === undefined ? [] : [`of ${list(values)}`]),
    ...(pattern === undefined ? [] : [`like ${written(pattern)}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(otherwise === undefined ? [] : [`default ${written(String(otherwise))}`]),
    ...(description === undefined ? [] : [`(${written(description)})`]),
  ].join(' ')
}

function dependsOnFields(dependsOn: readonly Dependency[], root: readonly string[] = []): Field[] {
  return some([...root, 'dependsOn'], 'depends on', dependsOn, (all) =>
    all.map(({ on, until }) => `${on}${until === 'started' ? ' (started)' : ''}`).join(', '),
  )
}

function reachesFields(reaches: readonly Reach[], root: readonly string[] = []): Field[] {
  return some([...root, 'reaches'], 'reaches', reaches, (all) =>
    all.map(({ service, port }) => `${service}${port === undefined ? '' : `.ports.${port}`}`).join(', '),
  )
}
