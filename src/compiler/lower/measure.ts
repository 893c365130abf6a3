// What policies and gates measure of a service. Invariant: whatever is measured exists: cpu and memory in percent of a
// reservation, requests where requests come in.

import type { Port, Resources } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import { measurementsOf } from './measurements.ts'
import type { Scope } from './scope.ts'

/** What a service has that can be measured. */
export interface Measured {
  readonly resources: Resources
  readonly ports: Readonly<Record<string, Port>>
}

/** Whether there is nothing to measure while no task runs. */
export function needsTask(attribute: string): boolean {
  return attribute === 'cpu' || attribute === 'memory' || ofRequests.has(attribute)
}

const ofRequests: ReadonlySet<string> = new Set(['requests', 'errors', 'p50', 'p95', 'p99'])

/** `value` is a policy or a gate; `verb` says what the service does by it: `scales on`. */
export function checkMeasured(
  scope: Scope,
  reader: Reader,
  value: Encoded | undefined,
  { measured, verb }: { readonly measured: Measured; readonly verb: string },
): void {
  const takesRequests = Object.values(measured.ports).some(
    ({ protocol }) => protocol === 'http' || protocol === 'grpc',
  )
  const told = new Set<string>()
  for (const { attribute, span, where } of measurementsOf(scope, value)) {
    if (told.has(attribute)) continue
    told.add(attribute)
    if ((attribute === 'cpu' || attribute === 'memory') && measured.resources[attribute] === 0)
      scope.report.refuseAt(span, where, {
        code: 'GT2301',
        summary: `${reader.subject} ${verb} ${attribute} but reserves none`,
        fix: attribute === 'cpu' ? "resources: { cpu: '250m' }" : "resources: { memory: '256Mi' }",
      })
    if (ofRequests.has(attribute) && !takesRequests)
      scope.report.refuseAt(span, where, {
        code: 'GT2302',
        summary: `${reader.subject} ${verb} ${attribute} but has no http() or grpc() port`,
        label: 'measured where requests come in',
      })
  }
}
