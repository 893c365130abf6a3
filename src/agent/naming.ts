// What things of a cluster are called on one host, and what their labels say. Invariant: the same thing always gets
// the same name, two things never share one (names of stacks hold no dot), and from the labels of a container alone it
// is known which task, attempt and grace it has. Names of networks and volumes carry the cluster, so that two clusters
// on one engine do not meet; containers are named for people, and a name taken by somebody else is refused.

import { hostName, serviceAddress } from '../model/index.ts'
import type { Assignment, Duration, TaskId } from '../model/index.ts'
import type { ContainerInfo } from './ports.ts'

/** Labels of everything gantry makes in an engine. */
export const labels = {
  cluster: 'gantry.cluster',
  node: 'gantry.node',
  stack: 'gantry.stack',
  service: 'gantry.service',
  kind: 'gantry.kind',
  task: 'gantry.task',
  slot: 'gantry.slot',
  revision: 'gantry.revision',
  term: 'gantry.term',
  /** Containers of this task that came before it. */
  attempt: 'gantry.attempt',
  /** Of those, the ones that ended in a row without ten healthy minutes between them. */
  streak: 'gantry.streak',
  /** Milliseconds between the stop signal and the kill. */
  grace: 'gantry.grace',
} as const

/** `hello.web.1.k3` for the first container of a task, `hello.web.1.k3-r2` after its second restart. */
export function containerName(task: TaskId, attempt: number): string {
  return attempt === 0 ? task : `${task}-r${attempt}`
}

/** The network that the tasks of a stack share on this host. */
export function networkName(cluster: string, stack: string): string {
  return `gantry.${tag(cluster)}.${stack}`
}

/** The engine's name of the volume `stack/volume:name`. */
export function volumeName(cluster: string, stack: string, name: string): string {
  return `gantry.${tag(cluster)}.${stack}.${name}`
}

function tag(cluster: string): string {
  return cluster.slice(0, 8)
}

/** Names under which a task is found by its stack: any replica by its service's names, one by its slot's. */
export function aliasesOf(assignment: Pick<Assignment, 'stack' | 'name' | 'slot'>): string[] {
  const host = hostName(serviceAddress(assignment.stack, assignment.name))
  return [assignment.name, host, `${assignment.slot}.${host}`]
}

/** A container of this node, with what its labels say. */
export interface Owned {
  readonly info: ContainerInfo
  readonly task: TaskId
  readonly stack: string
  readonly attempt: number
  readonly streak: number
  readonly graceMs: Duration
}

const defaultGraceMs = 10_000

/** Null for a container of another node or cluster, or of nobody. */
export function ownedBy(info: ContainerInfo, cluster: string, node: string): Owned | null {
  const task = info.labels[labels.task]
  if (task === undefined || info.labels[labels.cluster] !== cluster || info.labels[labels.node] !== node)
    return null
  return {
    info,
    task,
    stack: info.labels[labels.stack] ?? '',
    attempt: countIn(info.labels[labels.attempt], 0),
    streak: countIn(info.labels[labels.streak], 0),
    graceMs: countIn(info.labels[labels.grace], defaultGraceMs),
  }
}

function countIn(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise
}
