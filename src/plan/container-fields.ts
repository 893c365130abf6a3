// What is declared of a container and of a task, as fields. Invariant: as in fields.ts, two that differ have a field
// that differs.

import { digestOf, formatBytes, formatCpu, formatDuration, unreachable } from '../model/index.ts'
import type {
  EnvValue,
  Image,
  Port,
  Probe,
  Resources,
  Restart,
  Sidecar,
  TaskTemplate,
  TextPart,
} from '../model/index.ts'
import {
  field,
  list,
  nonzero,
  optional,
  optionalRecord,
  quoted,
  recordFields,
  some,
  written,
} from './field.ts'
import type { Field } from './field.ts'

/** What main containers, sidecars and init containers share. */
type Container = Omit<Sidecar, 'health'>

/** Fields of a task's template; `root` is where the owner of the template stands. */
export function templateFields(template: TaskTemplate, root: readonly string[] = []): Field[] {
  const at = (...keys: readonly string[]) => [...root, 'template', ...keys]
  return [
    ...containerFields(template, at(), '', {
      ports: recordFields(at('ports'), 'port', template.ports, portText),
      health: [
        ...probeFields(template.health, at('health'), 'health'),
        ...probesFields(template, at('probes')),
      ],
    }),
    ...sidecarFields(template, at('sidecars')),
    ...initFields(template, at('initContainers')),
    ...restartFields(template.restart, at('restart')),
  ]
}

/** `prefix` stands before each label: `sidecar proxy `; `own` are fields that only some containers have. */
function containerFields(
  container: Container,
  root: readonly string[],
  prefix: string,
  own: { readonly ports?: readonly Field[]; readonly health?: readonly Field[] },
): Field[] {
  const at = (...keys: readonly string[]) => [...root, ...keys]
  const { readOnlyRoot, stopGraceMs, capabilities, logging } = container
  const named = (fields: readonly Field[]) =>
    fields.map((each) => ({ ...each, label: `${prefix}${each.label}` }))
  return [
    ...named([
      ...imageFields(container.image, at('image')),
      ...optional(at('command'), 'command', container.command, list),
      ...optional(at('args'), 'args', container.args, list),
      ...recordFields(at('env'), 'env', container.env, envText, portNumbers),
    ]),
    ...(own.ports ?? []),
    ...named([
      ...recordFields(
        at('mounts'),
        'mount',
        container.mounts,
        (mount) => `volume:${mount.volume}${mount.readOnly ? ', read-only' : ''}`,
      ),
      ...optionalRecord(at('configs'), 'config', container.configs, (name) => `config:${name}`),
      ...some(at('secretFiles'), 'secret files', container.secretFiles, (names) => names.join(', ')),
      ...resourceFields(container.resources, at('resources')),
    ]),
    ...(own.health ?? []),
    ...named([
      ...optional(at('user'), 'user', container.user, written),
      ...optional(at('groups'), 'groups', container.groups, list),
      ...optional(at('workingDir'), 'working dir', container.workingDir, written),
      field(at('readOnlyRoot'), 'read-only root', readOnlyRoot ? 'yes' : 'no', readOnlyRoot),
      ...optional(at('stopSignal'), 'stop signal', container.stopSignal, written),
      field(at('stopGraceMs'), 'stop grace', formatDuration(stopGraceMs), stopGraceMs),
      ...optional(at('capabilities'), 'capabilities', capabilities, capabilityText),
      ...optional(at('privileged'), 'privileged', container.privileged, () => 'yes'),
      ...optionalRecord(at('sysctls'), 'sysctl', container.sysctls, written),
      ...optional(at('seccomp'), 'seccomp', container.seccomp, profileText),
      ...optional(at('apparmor'), 'apparmor', container.apparmor, written),
      ...optional(at('runtime'), 'runtime', container.runtime, written),
      ...optional(at('init'), 'init', container.init, (init) => (init ? 'yes' : 'no')),
      ...optional(at('logging'), 'log driver', logging, ({ driver, options }) =>
        [driver, ...pairs(options)].map(written).join(' '),
      ),
      ...recordFields(at('labels'), 'label', container.labels, written),
    ]),
  ]
}

function capabilityText({ add, drop }: NonNullable<Container['capabilities']>): string {
  return (
    [...add.map((name) => `+${name}`), ...drop.map((name) => `-${name}`)].map(written).join(' ') || 'as usual'
  )
}

function profileText(profile: string): string {
  return profile === 'unconfined' ? profile : `a profile, ${digestOf(profile).slice(0, 8)}…`
}

export function pairs(record: Readonly<Record<string, string>>): string[] {
  return Object.entries(record)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${value}`)
}

function imageFields(image: Image, path: readonly string[]): Field[] {
  if ('ref' in image) return [field(path, 'image', written(image.ref), image)]
  const { context, digest, dockerfile, args, target } = image.build
  return [
    field(path, 'image', `build(${quoted(context)}) ${digest.slice(0, 8)}…`, { context, digest }),
    ...(dockerfile === 'Dockerfile'
      ? []
      : [field([...path, 'build', 'dockerfile'], 'dockerfile', written(dockerfile), dockerfile)]),
    ...(target === undefined
      ? []
      : [field([...path, 'build', 'target'], 'build target', written(target), target)]),
    ...recordFields([...path, 'build', 'args'], 'build arg', args, written),
  ]
}

function resourceFields(resources: Resources, root: readonly string[]): Field[] {
  const at = (key: string) => [...root, key]
  const limit = (count: number) => (count === -1 ? 'unlimited' : String(count))
  return [
    ...nonzero(at('cpu'), 'cpu', resources.cpu, formatCpu),
    ...optional(at('cpuLimit'), 'cpu limit', resources.cpuLimit, formatCpu),
    ...nonzero(at('memory'), 'memory', resources.memory, formatBytes),
    ...optional(at('memoryLimit'), 'memory limit', resources.memoryLimit, formatBytes),
    ...optional(at('pids'), 'pids', resources.pids, String),
    ...optional(at('shm'), 'shm', resources.shm, formatBytes),
    ...optionalRecord(at('ulimits'), 'ulimit', resources.ulimits, ({ soft, hard }) =>
      soft === hard ? limit(soft) : `${limit(soft)}, at most ${limit(hard)}`,
    ),
    ...optional(at('devices'), 'devices', resources.devices, (devices) =>
      list(devices.map(({ host, container, access }) => `${host}:${container}:${access}`)),
    ),
    ...optional(at('gpus'), 'gpus', resources.gpus, ({ count, kind }) =>
      kind === undefined ? String(count) : `${count} of ${written(kind)}`,
    ),
  ]
}

function probesFields({ probes }: TaskTemplate, root: readonly string[]): Field[] {
  if (!probes) return []
  const { startup, readiness, liveness } = probes
  const fields = [
    ...probeFields(startup, [...root, 'startup'], 'startup probe'),
    ...probeFields(readiness, [...root, 'readiness'], 'readiness probe'),
    ...probeFields(liveness, [...root, 'liveness'], 'liveness probe'),
  ]
  return fields.length === 0 ? [field(root, 'probes', 'none', {})] : fields
}

function probeFields(health: Probe | undefined, root: readonly string[], label: string): Field[] {
  if (!health) return []
  const at = (key: string) => [...root, key]
  return [
    field(at('check'), label, checkText(health), health.check),
    field(at('intervalMs'), `${label} every`, formatDuration(health.intervalMs), health.intervalMs),
    field(at('timeoutMs'), `${label} timeout`, formatDuration(health.timeoutMs), health.timeoutMs),
    field(at('failures'), `${label} failures`, String(health.failures), health.failures),
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
    case 'grpc':
      return `grpc ${check.service === undefined ? '' : `${written(check.service)} `}on port ${check.port}`
    default:
      return unreachable(check)
  }
}

function sidecarFields({ sidecars }: TaskTemplate, root: readonly string[]): Field[] {
  if (!sidecars) return []
  const names = Object.keys(sidecars).sort()
  return [
    field(root, 'sidecars', names.join(', ') || 'none', names),
    ...Object.entries(sidecars).flatMap(([name, { health, ...container }]) =>
      containerFields(container, [...root, name], `sidecar ${name} `, {
        health: probeFields(health, [...root, name, 'health'], `sidecar ${name} health`),
      }),
    ),
  ]
}

function initFields({ initContainers }: TaskTemplate, root: readonly string[]): Field[] {
  if (!initContainers) return []
  const names = initContainers.map(({ name }) => name)
  return [
    field(root, 'init containers', names.join(', ') || 'none', names),
    ...initContainers.flatMap(({ name, ...container }, index) =>
      containerFields(container, [...root, String(index)], `init ${name} `, {}),
    ),
  ]
}

function restartFields(restart: Restart | undefined, root: readonly string[]): Field[] {
  if (!restart) return []
  const at = (key: string) => [...root, key]
  return [
    field(at('policy'), 'restart', restart.policy, restart.policy),
    field(at('delayMs'), 'restart delay', formatDuration(restart.delayMs), restart.delayMs),
    field(at('maxDelayMs'), 'restart max delay', formatDuration(restart.maxDelayMs), restart.maxDelayMs),
    field(at('resetAfterMs'), 'restart reset', formatDuration(restart.resetAfterMs), restart.resetAfterMs),
  ]
}

function envText(value: EnvValue): string {
  if ('secretFile' in value) return `file of secret:${value.secretFile}`
  return textText(value.text)
}

/** A text as it would be written. */
export function textText(parts: readonly TextPart[]): string {
  return parts.every((part) => typeof part === 'string')
    ? written(parts.join(''))
    : `text\`${parts.map(partText).join('')}\``
}

/** `(8080, 5432)`: the numbers of the ports that a text names, in its order. */
function portNumbers(value: EnvValue): string | undefined {
  const numbers = ('text' in value ? value.text : []).flatMap((part) =>
    typeof part !== 'object'
      ? []
      : 'endpoint' in part
        ? [part.endpoint.container]
        : 'portNumber' in part
          ? [part.portNumber.container]
          : [],
  )
  return numbers.length === 0 ? undefined : `(${numbers.join(', ')})`
}

function partText(part: TextPart): string {
  if (typeof part === 'string') return part.replaceAll(/[\\`]|\$(?=\{)/g, '\\$&')
  if ('secret' in part) return `\${secret:${part.secret}}`
  if ('endpoint' in part) return `\${${part.endpoint.service}.ports.${part.endpoint.port}}`
  if ('host' in part) return `\${${part.host.service}.ports.${part.host.port}.host}`
  if ('portNumber' in part) return `\${${part.portNumber.service}.ports.${part.portNumber.port}.number}`
  return `\${outputs(${quoted(part.output.stack)}).${part.output.name}}`
}

function portText({ protocol, container, published, hostPort }: Port): string {
  return [
    `${protocol} ${container}`,
    ...(published === undefined ? [] : [`published on ${published}`]),
    ...(hostPort === undefined ? [] : [`on port ${hostPort} of its host`]),
  ].join(', ')
}
