// From a wish to changes: destroy of a stack. Invariant: data is deleted only of volumes that are named, and the secrets
// stay as long as data does that was made with them. The rows go one by one, once nothing runs any more (removal.ts).

import { exitCodes, volumeAddress } from '../model/index.ts'
import type { Change, ClusterState, Volume } from '../model/index.ts'
import { refusal, staleness } from './decision.ts'
import type { Decision } from './decision.ts'

export interface DestroyWish {
  readonly stack: string
  readonly baseVersion: number
  readonly deleteVolumes: readonly string[]
  readonly by: string
}

/** Stops everything of a stack; data stays, with the secrets of the stack, unless its volume is named. */
export function destroyStack(state: ClusterState, wish: DestroyWish): Decision {
  const stack = state.stacks.get(wish.stack)
  if (!stack) return destroyLeftovers(state, wish)
  const stale = staleness(stack.version, wish.baseVersion, wish.stack)
  if (stale) return stale
  for (const name of wish.deleteVolumes)
    if (!state.volumes.has(volumeAddress(wish.stack, name)))
      return {
        ok: false,
        what: `${wish.stack} has no volume ${name}`,
        fix: 'nothing was destroyed; name one of its volumes',
        exit: exitCodes.failed,
      }
  const version = stack.version + 1
  const changes: Change[] = [
    { table: 'stacks', key: wish.stack, value: { ...stack, version, removing: true } },
  ]
  for (const service of state.services.values())
    if (service.stack === wish.stack && !service.removing)
      changes.push({ table: 'services', key: service.address, value: { ...service, removing: true } })
  for (const job of state.jobs.values())
    if (job.stack === wish.stack && !job.removing)
      changes.push({ table: 'jobs', key: job.address, value: { ...job, removing: true } })
  for (const volume of state.volumes.values())
    if (volume.stack === wish.stack)
      changes.push({
        table: 'volumes',
        key: volume.address,
        value: {
          ...volume,
          declared: false,
          deleting: volume.deleting || wish.deleteVolumes.includes(volume.name),
        },
      })
  // Data that stays is of no use without the passwords it was made with.
  const isDataLeft = [...state.volumes.values()].some(
    (volume) =>
      volume.stack === wish.stack &&
      volume.node !== null &&
      !volume.deleting &&
      !wish.deleteVolumes.includes(volume.name),
  )
  for (const secret of state.secrets.values())
    if (secret.stack === wish.stack)
      changes.push({
        table: 'secrets',
        key: secret.address,
        value: isDataLeft ? { ...secret, declared: false } : null,
      })
  return { ok: true, changes, version, what: `destroy ${wish.stack}` }
}

/** A stack that is gone may have left data: its volumes that are named go, and with the last of them its secrets. */
function destroyLeftovers(state: ClusterState, wish: DestroyWish): Decision {
  const kept = [...state.volumes.values()].filter((volume) => volume.stack === wish.stack)
  if (kept.length === 0)
    return refusal(`there is no stack ${wish.stack}`, 'gantry status lists what there is')
  const list = (volumes: readonly Volume[]) => volumes.map((volume) => volume.name).join(', ')
  const stale = staleness(0, wish.baseVersion, wish.stack)
  if (stale) return stale
  const unknown = wish.deleteVolumes.filter((name) => !kept.some((volume) => volume.name === name))
  if (wish.deleteVolumes.length === 0 || unknown.length > 0)
    return refusal(
      unknown.length > 0
        ? `${wish.stack} left no volume ${unknown.join(', ')}`
        : `the stack ${wish.stack} is gone already, and left its data`,
      `name what of ${list(kept)} is to be deleted`,
    )
  const doomed = kept.filter((volume) => wish.deleteVolumes.includes(volume.name))
  const changes: Change[] = doomed.map((volume) => ({
    table: 'volumes',
    key: volume.address,
    value: { ...volume, deleting: true },
  }))
  if (kept.every((volume) => volume.deleting || doomed.includes(volume)))
    for (const secret of state.secrets.values())
      if (secret.stack === wish.stack && !secret.declared)
        changes.push({ table: 'secrets', key: secret.address, value: null })
  return { ok: true, changes, version: 0, what: `delete what ${wish.stack} left: ${list(doomed)}` }
}
