// From an assignment to the container that is asked for. Pure: secrets come in opened, the folder of their files comes
// in as a path. Invariant: the same assignment and attempt ask for the same container.

import { hostName, serviceAddress, textOfBytes, unreachable } from '../model/index.ts'
import type { Assignment, EnvValue, TaskTemplate, Term } from '../model/index.ts'
import { aliasesOf, containerName, labels, networkName, volumeName } from './naming.ts'
import { RuntimeFailure } from './ports.ts'
import type { ContainerMount, ContainerOptions, ContainerRequest } from './ports.ts'

/** Where a task finds the files of its secrets. */
const secretFolder = '/run/secrets'

export interface Surroundings {
  readonly cluster: string
  readonly node: string
  readonly term: Term
  readonly attempt: number
  readonly streak: number
  /** Values of the secrets that the assignment brought. */
  readonly secrets: ReadonlyMap<string, Uint8Array>
  /** The host's folder with the secret files of the task; null when it has none. */
  readonly secretFolder: string | null
}

/** Throws `RuntimeFailure` when the assignment lacks what the template speaks of. */
export function containerRequest(assignment: Assignment, around: Surroundings): ContainerRequest {
  const { template, stack } = assignment
  const { cluster } = around
  const mounts: ContainerMount[] = Object.entries(template.mounts).map(([target, { volume, readOnly }]) => {
    const size = assignment.memoryVolumes?.[volume]
    return size === undefined
      ? { kind: 'volume', volume: volumeName(cluster, stack, volume), target, readOnly }
      : { kind: 'memory', size, target, readOnly }
  })
  if (around.secretFolder !== null)
    mounts.push({ kind: 'bind', source: around.secretFolder, target: secretFolder, readOnly: true })
  return {
    name: containerName(assignment.task, around.attempt),
    hostname: `${assignment.name}-${assignment.slot}`,
    image: assignment.image,
    ...(template.command ? { command: template.command } : {}),
    ...(template.args ? { args: template.args } : {}),
    env: Object.fromEntries(
      Object.entries(template.env).map(([name, value]) => [
        name,
        envText(assignment, name, value, around.secrets),
      ]),
    ),
    labels: { ...template.labels, ...ownLabels(assignment, around) },
    network: networkName(cluster, stack),
    aliases: aliasesOf(assignment),
    mounts,
    memory: template.resources.memory,
    cpuReserve: template.resources.cpu,
    ...(template.resources.cpuLimit === undefined ? {} : { cpuLimit: template.resources.cpuLimit }),
    ...(template.user === undefined ? {} : { user: template.user }),
    ...(template.workingDir === undefined ? {} : { workingDir: template.workingDir }),
    readOnlyRoot: template.readOnlyRoot,
    ...(template.stopSignal === undefined ? {} : { stopSignal: template.stopSignal }),
    options: optionsOf(template),
  }
}

function optionsOf(template: TaskTemplate): ContainerOptions {
  const { groups, capabilities, privileged, sysctls, seccomp, apparmor, runtime, init, logging } = template
  const { memoryLimit, pids, shm, ulimits, devices } = template.resources
  return {
    ...(groups === undefined ? {} : { groups }),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(privileged === undefined ? {} : { privileged }),
    ...(sysctls === undefined ? {} : { sysctls }),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(apparmor === undefined ? {} : { apparmor }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(init === undefined ? {} : { init }),
    ...(logging === undefined ? {} : { logging }),
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(pids === undefined ? {} : { pids }),
    ...(shm === undefined ? {} : { shm }),
    ...(ulimits === undefined ? {} : { ulimits }),
    ...(devices === undefined ? {} : { devices }),
  }
}

function ownLabels(assignment: Assignment, around: Surroundings): Record<string, string> {
  return {
    [labels.cluster]: around.cluster,
    [labels.node]: around.node,
    [labels.stack]: assignment.stack,
    [labels.service]: assignment.name,
    [labels.kind]: assignment.kind,
    [labels.task]: assignment.task,
    [labels.slot]: String(assignment.slot),
    [labels.revision]: String(assignment.revision),
    [labels.term]: String(around.term),
    [labels.attempt]: String(around.attempt),
    [labels.streak]: String(around.streak),
    [labels.grace]: String(assignment.template.stopGraceMs),
  }
}

function envText(
  assignment: Assignment,
  variable: string,
  value: EnvValue,
  secrets: ReadonlyMap<string, Uint8Array>,
): string {
  if ('secretFile' in value) return `${secretFolder}/${value.secretFile}`
  return value.text
    .map((part) => {
      if (typeof part === 'string') return part
      if ('secret' in part) return secretText(assignment, variable, part.secret, secrets)
      if ('endpoint' in part) {
        const { service, container } = part.endpoint
        return `${hostName(serviceAddress(assignment.stack, service))}:${container}`
      }
      if ('host' in part) return hostName(serviceAddress(assignment.stack, part.host.service))
      if ('portNumber' in part) return String(part.portNumber.container)
      if ('output' in part) {
        const { stack: other, name } = part.output
        throw new RuntimeFailure('refused', `this agent cannot read ${name} of the stack ${other}`)
      }
      return unreachable(part)
    })
    .join('')
}

function secretText(
  assignment: Assignment,
  variable: string,
  name: string,
  secrets: ReadonlyMap<string, Uint8Array>,
): string {
  const text = textOfBytes(secretValue(assignment, name, secrets))
  if (text === null)
    throw new RuntimeFailure(
      'refused',
      `the variable ${variable} cannot hold the value of the secret ${name}, which is not text in UTF-8 or has a NUL in it; hand over its file, or set another value: gantry secret set ${assignment.stack}/${name}`,
    )
  return text
}

function secretValue(
  assignment: Assignment,
  name: string,
  secrets: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const value = secrets.get(name)
  if (value === undefined)
    throw new RuntimeFailure(
      'refused',
      `the secret ${name} has no value; set it: gantry secret set ${assignment.stack}/${name}`,
    )
  return value
}

/** The secrets a task finds as files, each with its value. Throws `RuntimeFailure` when one has none. */
export function secretFilesOf(
  assignment: Assignment,
  secrets: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  return new Map([...namesOfFiles(assignment)].map((name) => [name, secretValue(assignment, name, secrets)]))
}

function namesOfFiles({ template }: Assignment): Set<string> {
  const names = new Set(template.secretFiles)
  for (const value of Object.values(template.env)) if ('secretFile' in value) names.add(value.secretFile)
  return names
}

/** Whether only the image says whom its secret files are for. */
export function needsImageUser(assignment: Assignment): boolean {
  return assignment.template.user === undefined && namesOfFiles(assignment).size > 0
}

/**
 * The user id that is to own the secret files of a task, null for root. `imageUser` is who the image runs as by itself.
 * Throws `RuntimeFailure` for a user by name: which number that is stands inside the image alone.
 */
export function ownerOf(
  { template, stack, name, image }: Assignment,
  imageUser: string | null,
): number | null {
  const [user = ''] = (template.user ?? imageUser ?? '').split(':')
  if (/^(?:root|0*)$/.test(user)) return null
  if (/^\d+$/.test(user)) return Number(user)
  const who =
    template.user === undefined
      ? `the image ${image} runs as '${user}'`
      : `${stack}/${name} runs as '${user}'`
  throw new RuntimeFailure(
    'refused',
    `${who}, and the number of that user, to whom its secret files are to belong, is known inside the image only; write the number in the stack, such as user: '1000'`,
  )
}
