// What is waited for and never comes: jobs that rollouts have as their `before`, jobs that somebody has to ask for, services
// without tasks. Invariant: nothing waits for a run that no apply starts, or for a task that the service does not have.

import type { Dependency, ServiceSpec, StackDocument } from '../../model/index.ts'
import { isList, isObject, isReference } from '../sandbox/opened.ts'
import type { Declared } from '../sandbox/opened.ts'
import { addressOf } from './acknowledged.ts'
import type { Where } from './report.ts'
import type { Declarations } from './rules.ts'
import type { Scope } from './scope.ts'

export function checkHooks(scope: Scope, document: StackDocument, declarations: Declarations): void {
  const hooks = new Map<string, { readonly service: string; readonly where: Where }>()
  for (const [service, { rollout }] of Object.entries(document.services)) {
    const declared = declarations.get(`services/${service}`)
    if (rollout.before !== undefined && declared && !hooks.has(rollout.before))
      hooks.set(rollout.before, {
        service,
        where: { calls: declared.calls, path: ['1', 'rollout', 'before'] },
      })
  }
  for (const [job, { service, where }] of hooks) {
    const declared = declarations.get(`jobs/${job}`)
    if (document.jobs[job]?.trigger !== 'run' || !declared) continue
    const span = scope.report.spanOf({ calls: declared.calls, path: ['1', 'parameters'] })
    scope.report.refuse(where, {
      code: 'GT2165',
      summary: `rollouts of '${service}' cannot start job '${job}', which has parameters`,
      label: "it runs when 'gantry run' asks for it",
      ...(span ? { related: [{ span, label: 'its parameters' }] } : {}),
    })
  }
  for (const waiter of waitersOf(document)) {
    const declared = declarations.get(waiter.key)
    if (!declared) continue
    const subject = `${declared.kind} '${waiter.key.slice(waiter.key.indexOf('/') + 1)}'`
    for (const { on } of waiter.dependsOn) {
      const where = placeOf(scope, declared, on)
      const hook = hooks.get(on)
      if (!hook) {
        checkAwaited(scope, document, declarations, { declared, subject, on, where })
        continue
      }
      const span = scope.report.spanOf(hook.where)
      scope.report.refuse(where, {
        code: 'GT2166',
        summary: `${subject} waits for job '${on}', which runs for rollouts of '${hook.service}' alone`,
        label: 'no apply starts it',
        ...(span ? { related: [{ span, label: 'because of this' }] } : {}),
      })
    }
  }
}

/** What waits, but for services that have no tasks themselves. */
function waitersOf({
  services,
  jobs,
  crons,
}: StackDocument): { readonly key: string; readonly dependsOn: readonly Dependency[] }[] {
  return [
    ...Object.entries(services).flatMap(([name, each]) =>
      isWithoutTasks(each) ? [] : [{ key: `services/${name}`, dependsOn: each.dependsOn }],
    ),
    ...Object.entries(jobs).map(([name, each]) => ({ key: `jobs/${name}`, dependsOn: each.dependsOn })),
    ...Object.entries(crons).map(([name, each]) => ({ key: `crons/${name}`, dependsOn: each.job.dependsOn })),
  ]
}

export function isWithoutTasks({ replicas, scaling, perNode }: ServiceSpec): boolean {
  return replicas === 0 && !scaling && !perNode
}

/** A job that waits to be asked for, a service that has no task, or may have none. */
function checkAwaited(
  scope: Scope,
  document: StackDocument,
  declarations: Declarations,
  {
    declared,
    subject,
    on,
    where,
  }: {
    readonly declared: Declared
    readonly subject: string
    readonly on: string
    readonly where: Where
  },
): void {
  const { report } = scope
  const relatedTo = (key: string, field: string, label: string) => {
    const other = declarations.get(key)
    const span = other && report.spanOf({ calls: other.calls, path: ['1', field] })
    return span ? { related: [{ span, label }] } : {}
  }
  const service = document.services[on]
  if (document.jobs[on]?.trigger === 'run')
    report.refuse(where, {
      code: 'GT2126',
      summary: `${subject} waits for job '${on}', which has parameters`,
      label: "it runs when 'gantry run' asks for it",
      ...relatedTo(`jobs/${on}`, 'parameters', 'its parameters'),
    })
  else if (service && isWithoutTasks(service))
    report.refuse(where, {
      code: 'GT2126',
      summary: `${subject} waits for service '${on}', which has no replicas`,
      label: 'it would wait for ever',
      ...relatedTo(`services/${on}`, 'replicas', 'none of them'),
    })
  else if (service?.scaling?.min === 0) {
    report.about = addressOf(document.stack, declared)
    report.warn(where, {
      code: 'GT4026',
      summary: `${subject} waits for service '${on}', which may have no task`,
      label: 'it waits until there is one',
      ...relatedTo(`services/${on}`, 'replicas', 'none at the least'),
      fix: "min: 1, or acknowledge it: ack('GT4026', 'why')",
    })
    report.about = undefined
  }
}

/** Where a declaration names what it depends on. */
function placeOf({ references }: Scope, { options, calls }: Declared, on: string): Where {
  const given = isObject(options) && !isReference(options) ? options['dependsOn'] : undefined
  const list = isList(given) ? given : []
  for (const [index, each] of list.entries()) {
    const isNamed = isObject(each) && !isReference(each)
    const value = isNamed ? each['on'] : each
    if (isReference(value) && (value.$ === 'service' || value.$ === 'job') && references.nameOf(value) === on)
      return { calls, path: ['1', 'dependsOn', String(index), ...(isNamed ? ['on'] : [])] }
  }
  return { calls, path: ['1', 'dependsOn'] }
}
