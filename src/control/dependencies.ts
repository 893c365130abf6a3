// What a service or job waits for before its first task starts. Invariant: a dependency is met by what is true now,
// never by what was asked for. Cycles are refused when the document is applied (validate.ts).

import { serviceAddress, servingTasks, startedTasks } from '../model/index.ts'
import type { ClusterState, Dependency, Service, Task } from '../model/index.ts'

/** Why it must wait, in words; null when everything it depends on is there. */
export function waitsFor(
  state: ClusterState,
  stack: string,
  dependsOn: readonly Dependency[],
): string | null {
  for (const { on, until } of dependsOn) {
    const address = serviceAddress(stack, on)
    const service = state.services.get(address)
    if (service) {
      const there =
        until === 'started' ? startedTasks(state, address).length : servingTasks(state, address).length
      const wanted = service.spec.replicas
      if (there < wanted)
        return `waits for ${address} to be ${until === 'started' ? 'started' : 'healthy'} (${there} of ${wanted})`
      continue
    }
    const job = state.jobs.get(address)
    if (!job) return `waits for ${address}, which is not there`
    if (job.status !== 'complete') return `waits for the job ${address} to complete (${job.status})`
  }
  return null
}

/** A service waits before its first task starts only; `present` are its tasks that are not over. */
export function serviceWaitsFor(
  state: ClusterState,
  service: Service,
  present: readonly Task[],
): string | null {
  const isPlaced = present.some((task) => task.desired === 'run' && task.node !== null)
  return isPlaced ? null : waitsFor(state, service.stack, service.spec.dependsOn)
}
