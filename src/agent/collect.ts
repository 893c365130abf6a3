// What of a host's disk may go: images that no task here needs any more, and dead containers. Pure. Invariant: nothing
// that is assigned here is ever named, no image that was built (no registry has it), and no end of a job that is not
// written down yet. Age decides; a disk that fills up makes everybody old.

import type { Assignment, Duration, Instant, TaskId } from '../model/index.ts'
import type { JobMark } from './decide.ts'
import type { Owned } from './naming.ts'
import type { DiskSpace } from './ports.ts'

/** How long what is not needed is kept, and from which share of the disk on it is not. */
export const keptForMs: Duration = 24 * 60 * 60 * 1000
const pressureAt = 0.85
/** Even then: what a rollback or a restart wants in a moment stays. */
const leastKeptMs: Duration = 10 * 60 * 1000
/** From here on somebody should know. */
const fullAt = 0.95

/** When each image was last needed here, by the wall clock; of pulled ones only. */
export type ImageUses = Readonly<Record<string, Instant>>

export function usedShare({ size, free }: DiskSpace): number {
  return size === 0 ? 0 : 1 - free / size
}

export function isUnderPressure(disk: DiskSpace | null): boolean {
  return disk !== null && usedShare(disk) > pressureAt
}

/** For a person; undefined while there is room. */
export function diskTrouble(disk: DiskSpace | null): string | undefined {
  if (disk === null || usedShare(disk) < fullAt) return undefined
  return `the disk of the container engine is ${Math.floor(usedShare(disk) * 100)}% full`
}

/** The uses after a look at what is assigned now. A clock that was set back makes nothing younger than now. */
export function noteUses(uses: ImageUses, assignments: Iterable<Assignment>, now: Instant): ImageUses {
  const next: Record<string, Instant> = {}
  for (const [image, at] of Object.entries(uses)) next[image] = Math.min(at, now)
  for (const { image, built } of assignments)
    if (built) Reflect.deleteProperty(next, image)
    else next[image] = now
  return next
}

/** Images to remove, those that were needed longest ago first. */
export function imagesToRemove(
  uses: ImageUses,
  assignments: Iterable<Assignment>,
  now: Instant,
  isPressed: boolean,
): string[] {
  const needed = new Set([...assignments].map(({ image }) => image))
  const limit = isPressed ? leastKeptMs : keptForMs
  return Object.entries(uses)
    .filter(([image, at]) => !needed.has(image) && now - at >= limit)
    .sort(([a, atA], [b, atB]) => atA - atB || (a < b ? -1 : 1))
    .map(([image]) => image)
}

export interface Held {
  readonly tasks: ReadonlyMap<TaskId, Assignment>
  readonly jobs: ReadonlyMap<TaskId, JobMark>
}

/** Dead containers that are not kept for their logs any more. */
export function containersToRemove(
  containers: readonly Owned[],
  { tasks, jobs }: Held,
  now: Instant,
  isPressed: boolean,
): Owned[] {
  const limit = isPressed ? leastKeptMs : keptForMs
  return containers.filter(({ task, info }) => {
    if (info.state !== 'exited' || now - (info.finishedAt ?? now) < limit) return false
    const assignment = tasks.get(task)
    // Whoever has none is an orphan, and goes by itself.
    if (!assignment || assignment.desired !== 'run') return false
    return assignment.kind === 'service' || assignment.over === true || jobs.get(task)?.end != null
  })
}
