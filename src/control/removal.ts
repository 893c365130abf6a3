// The end of stacks and volumes: a stack's row goes when nothing of it is left, a volume's when its data is deleted.
// Invariant: data is deleted only for a volume marked `deleting`, and never while a task that may use it runs.

import { tasksOf } from '../model/index.ts'
import type { ClusterState, Instant, Stack, Task, TaskTemplate, Volume } from '../model/index.ts'
import type { Outcome } from './outcome.ts'
import { volumesUsed } from './task.ts'

export function reconcileStack(state: ClusterState, stack: Stack, now: Instant): Outcome {
  const isEmpty =
    ![...state.services.values()].some((service) => service.stack === stack.name) &&
    ![...state.jobs.values()].some((job) => job.stack === stack.name) &&
    ![...state.volumes.values()].some((volume) => volume.stack === stack.name && volume.deleting)
  const { name, version } = stack
  const plans = state.pasts.get(name)?.plans ?? []
  return {
    changes:
      stack.removing && isEmpty
        ? [
            { table: 'stacks', key: name, value: null },
            { table: 'pasts', key: name, value: { stack: name, version, plans, at: now } },
          ]
        : [],
    what: `${name}: remove the stack`,
    wakeAt: null,
  }
}

/** A volume that never had a place goes at once; otherwise its node's agent deletes the data and reports it. */
export function reconcileVolume(state: ClusterState, volume: Volume): Outcome {
  const isEmpty = volume.deleting && volume.node === null && !isVolumeInUse(state, volume)
  return {
    changes: isEmpty ? [{ table: 'volumes', key: volume.address, value: null }] : [],
    what: `${volume.address}: delete`,
    wakeAt: null,
  }
}

/**
 * Whether a container may still use the volume, or a rollback may yet need it. Of a volume that is to be deleted: once
 * false, it stays false, because nothing that mounts it can be declared until it is gone.
 */
export function isVolumeInUse(state: ClusterState, volume: Volume): boolean {
  const mounts = (template: TaskTemplate) => volumesUsed(volume.stack, template).includes(volume.address)
  const isThere = (task: Task) => task.node !== null && task.status.phase !== 'stopped'
  for (const service of state.services.values()) {
    if (service.stack !== volume.stack) continue
    const using = new Set(
      service.revisions.filter(({ template }) => mounts(template)).map(({ number }) => number),
    )
    if (using.size === 0) continue
    const isSettled = service.rollout.status === 'done' || service.rollout.status === 'rolled-back'
    if (!service.removing && (!isSettled || using.has(service.target))) return true
    if (tasksOf(state, service.address).some((task) => using.has(task.revision) && isThere(task))) return true
  }
  for (const job of state.jobs.values()) {
    if (job.stack !== volume.stack) continue
    // What a try of an earlier run mounts is not known any more.
    const isUser = (task: Task) => task.revision !== job.run || mounts(job.spec.template)
    if (tasksOf(state, job.address).some((task) => isThere(task) && isUser(task))) return true
  }
  return false
}

/** Volumes whose data the agent of `node` is to delete now. */
export function volumesToDelete(state: ClusterState, node: string): string[] {
  return [...state.deletingVolumes]
    .filter((address) => {
      const volume = state.volumes.get(address)
      return volume?.node === node && !isVolumeInUse(state, volume)
    })
    .sort()
}
