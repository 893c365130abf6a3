// What waits for what: dependencies that name nothing, that wait for what never comes, and circles. Pure; linear in the
// size of the document.

import { serviceAddress } from '../model/index.ts'
import type { StackDocument } from '../model/index.ts'
import type { Refusal } from './validate.ts'

export function badDependencies({ stack, services, jobs }: StackDocument): Refusal[] {
  const needs = new Map(
    [...Object.entries(services), ...Object.entries(jobs)].map(([name, spec]) => [
      name,
      spec.dependsOn.map(({ on }) => on),
    ]),
  )
  const missing = [...needs].flatMap(([name, on]) =>
    on
      .filter((other) => !needs.has(other))
      .map((other) => ({
        address: serviceAddress(stack, name),
        what: `${serviceAddress(stack, name)} depends on ${other}, which is not declared`,
        fix: 'name a service or a job of the same stack',
      })),
  )
  const wrong = waitsForWrong({ stack, services, jobs })
  const cycle = findCycle(needs)
  const [first] = cycle
  if (first === undefined) return [...missing, ...wrong]
  return [
    ...missing,
    ...wrong,
    {
      address: serviceAddress(stack, first),
      what: `${describeCycle(cycle.map((name) => serviceAddress(stack, name)))}: none would ever start`,
      fix: 'take one of them out of dependsOn',
    },
  ]
}

/** A service starts and is healthy, a job completes: the other is never true. */
function waitsForWrong({
  stack,
  services,
  jobs,
}: Pick<StackDocument, 'stack' | 'services' | 'jobs'>): Refusal[] {
  return [...Object.entries(services), ...Object.entries(jobs)].flatMap(([name, { dependsOn }]) =>
    dependsOn.flatMap(({ on, until }): Refusal[] => {
      const address = serviceAddress(stack, name)
      const refuse = (what: string, fix: string) => [{ address, what: `${address} ${what}`, fix }]
      const job = Object.hasOwn(jobs, on) ? jobs[on] : undefined
      if (!job)
        return until === 'completed' && Object.hasOwn(services, on)
          ? refuse(
              `waits until the service ${on} has completed, which it never does`,
              "wait until it is 'healthy'",
            )
          : []
      if (until !== 'completed')
        return refuse(`waits until the job ${on} is ${until}`, "wait until it has 'completed'")
      return job.trigger === 'apply'
        ? []
        : refuse(`waits for the job ${on}, which no apply starts`, 'take it out of dependsOn')
    }),
  )
}

const cycleShown = 8

function describeCycle(cycle: readonly string[]): string {
  const rest = cycle.length - cycleShown
  const shown = cycle.slice(0, cycleShown)
  return [...shown, ...(rest > 0 ? [`${rest} more`] : []), cycle[0]].join(' waits for ')
}

/** One cycle, the smallest name first; empty when there is none. Takes away what waits for nothing until nothing goes (Kahn 1962). */
function findCycle(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const open = new Map(
    [...needs].map(([name, on]) => [name, new Set(on.filter((other) => needs.has(other)))]),
  )
  const waiting = new Map<string, string[]>()
  for (const [name, on] of open)
    for (const other of on) {
      const those = waiting.get(other)
      if (those) those.push(name)
      else waiting.set(other, [name])
    }
  const free = [...open].filter(([, on]) => on.size === 0).map(([name]) => name)
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    open.delete(name)
    for (const other of waiting.get(name) ?? []) {
      const on = open.get(other)
      on?.delete(name)
      if (on?.size === 0) free.push(other)
    }
  }
  // Each of what is left waits for another that is left, so following them comes round.
  const path: string[] = []
  for (let at = [...open.keys()].sort()[0]; at !== undefined; at = [...(open.get(at) ?? [])].sort()[0]) {
    const start = path.indexOf(at)
    if (start >= 0) {
      const cycle = path.slice(start)
      const smallest = cycle.indexOf(cycle.toSorted()[0] ?? '')
      return [...cycle.slice(smallest), ...cycle.slice(0, smallest)]
    }
    path.push(at)
  }
  return []
}
