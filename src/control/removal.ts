// The end of stacks and volumes: a stack's row goes when nothing of it is left, a volume's when its data is deleted.
// Invariant: data is deleted only for a volume marked `deleting`, and never while a task that may use it runs.

import { tasksOf, volumeAddress } from '../model/index.ts'
import type { ClusterState, Stack, Volume } from '../model/index.ts'
import type { Outcome } from './outcome.ts'

export function reconcileStack(state: ClusterState, stack: Stack): Outcome {
  const isEmpty =
    ![...state.services.values()].some((service) => service.stack === stack.name) &&
    ![...state.jobs.values()].some((job) => job.stack === stack.name) &&
    ![...state.volumes.values()].some((volume) => volume.stack === stack.name && volume.deleting)
  return {
    changes: stack.removing && isEmpty ? [{ table: 'stacks', key: stack.name, value: null }] : [],
    what: `${stack.name}: remove the stack`,
    wakeAt: null,
  }
}

/** A volume that never had a place goes at once; otherwise its node's agent deletes the data and reports it. */
export function reconcileVolume(volume: Volume): Outcome {
  return {
    changes:
      volume.deleting && volume.node === null ? [{ table: 'volumes', key: volume.address, value: null }] : [],
    what: `${volume.address}: delete`,
    wakeAt: null,
  }
}

/** Whether a task that is not over may still use the volume. */
export function isVolumeInUse(state: ClusterState, volume: Volume): boolean {
  for (const owner of [...state.services.values(), ...state.jobs.values()]) {
    if (owner.stack !== volume.stack) continue
    const templates =
      'revisions' in owner ? owner.revisions.map((revision) => revision.template) : [owner.spec.template]
    const mounts = templates.some((template) =>
      Object.values(template.mounts).some(
        (mount) => volumeAddress(owner.stack, mount.volume) === volume.address,
      ),
    )
    if (
      mounts &&
      tasksOf(state, owner.address).some((task) => task.node !== null && task.status.phase !== 'stopped')
    )
      return true
  }
  return false
}

/** Volumes whose data the agent of `node` is to delete now. */
export function volumesToDelete(state: ClusterState, node: string): string[] {
  return [...state.volumes.values()]
    .filter((volume) => volume.deleting && volume.node === node && !isVolumeInUse(state, volume))
    .map((volume) => volume.address)
    .sort()
}
