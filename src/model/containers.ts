// The containers that tasks consist of, for whoever looks at each of them. Invariant: nobody walks over them by
// themselves, so that a new kind of container is seen everywhere at once.

import type { Sidecar, TaskTemplate } from './container.ts'
import type { StackDocument } from './document.ts'

/** What all containers have: main ones, sidecars and init containers. */
export type Container = Omit<Sidecar, 'health'>

/** The main container of a task, its sidecars, its init containers. */
export function containersOf({ sidecars = {}, initContainers = [], ...main }: TaskTemplate): Container[] {
  return [main, ...Object.values(sidecars), ...initContainers]
}

/** Every container of a document: of its services, its jobs and the jobs of its crons. */
export function containersIn({ services, jobs, crons }: StackDocument): Container[] {
  const ofCrons = Object.values(crons).map(({ job }) => job)
  return [...Object.values(services), ...Object.values(jobs), ...ofCrons].flatMap(({ template }) =>
    containersOf(template),
  )
}
