// Volumes that one task at a time may write: whatever would have two writers is refused. Pure.

import { containersOf, serviceAddress, volumeAddress } from '../model/index.ts'
import type { StackDocument, TaskTemplate } from '../model/index.ts'
import type { Refusal } from './validate.ts'

/** Single-writer volumes that a task of the template may write, by name. */
function writtenBy(template: TaskTemplate, { volumes }: StackDocument): string[] {
  const names = containersOf(template).flatMap(({ mounts }) =>
    Object.values(mounts).flatMap(({ volume, readOnly }) => (readOnly ? [] : [volume])),
  )
  return [...new Set(names)].filter((name) => {
    const volume = Object.hasOwn(volumes, name) ? volumes[name] : undefined
    // Memory is each task's own.
    return volume?.access === 'single-writer' && volume.driver.kind !== 'tmpfs'
  })
}

export function sharedSingleWriters(document: StackDocument): Refusal[] {
  return [...secondWriters(document), ...secondTasks(document)]
}

/** Of two owners that write one volume the second. */
function secondWriters(document: StackDocument): Refusal[] {
  const { stack, services, jobs, crons } = document
  const templates = [
    ...Object.entries(services).map(([name, { template }]) => [name, template] as const),
    ...Object.entries(jobs).map(([name, { template }]) => [name, template] as const),
    ...Object.entries(crons).map(([name, { job }]) => [name, job.template] as const),
  ]
  const first = new Map<string, string>()
  return templates.flatMap(([name, template]) =>
    writtenBy(template, document).flatMap((volume): Refusal[] => {
      const other = first.get(volume)
      first.set(volume, other ?? name)
      if (other === undefined || other === name) return []
      const address = serviceAddress(stack, name)
      return [
        {
          address,
          what: `${address} writes ${volumeAddress(stack, volume)}, which ${serviceAddress(stack, other)} writes already, and it allows a single writer`,
          fix: "mount it read-only, or with access 'shared'",
        },
      ]
    }),
  )
}

function secondTasks(document: StackDocument): Refusal[] {
  const { stack } = document
  return Object.entries(document.services).flatMap(([name, spec]): Refusal[] => {
    const address = serviceAddress(stack, name)
    const [written] = writtenBy(spec.template, document)
    if (written === undefined) return []
    const volume = volumeAddress(stack, written)
    const count = Math.max(spec.replicas, spec.scaling?.max ?? 0)
    if (count > 1 || spec.perNode)
      return [
        {
          address,
          what: `${address} has ${spec.perNode ? 'a task on each node' : `${count} replicas`} and ${volume} allows a single writer`,
          fix: "one replica, or access 'shared'",
        },
      ]
    if (spec.rollout.order === 'start-first')
      return [
        {
          address,
          what: `${address} starts a new task before the old one has stopped, and ${volume} allows a single writer`,
          fix: "rollout order 'stop-first'",
        },
      ]
    if (spec.onLost !== 'fence')
      return [
        {
          address,
          what: `${address} is replaced while a lost node may still run it, and ${volume} allows a single writer`,
          fix: "onLost 'fence'",
        },
      ]
    return []
  })
}
