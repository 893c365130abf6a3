// Jobs that rollouts have as their `before`. Invariant: such a job runs for rollouts and at no other time, so nothing may
// wait for a run of it that no apply starts.

import type { StackDocument } from '../../model/index.ts'
import { isList, isObject, isReference } from '../sandbox/opened.ts'
import type { Declared } from '../sandbox/opened.ts'
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
  if (hooks.size === 0) return
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
  const waiting = [
    ...Object.entries(document.services).map(([name, each]) => [`services/${name}`, each.dependsOn] as const),
    ...Object.entries(document.jobs).map(([name, each]) => [`jobs/${name}`, each.dependsOn] as const),
    ...Object.entries(document.crons).map(([name, each]) => [`crons/${name}`, each.job.dependsOn] as const),
  ]
  for (const [key, dependsOn] of waiting)
    for (const { on } of dependsOn) {
      const hook = hooks.get(on)
      const declared = declarations.get(key)
      if (!hook || !declared) continue
      const span = scope.report.spanOf(hook.where)
      scope.report.refuse(placeOf(scope, declared, on), {
        code: 'GT2166',
        summary: `${declared.kind} '${key.slice(key.indexOf('/') + 1)}' waits for job '${on}', which runs for rollouts of '${hook.service}' alone`,
        label: 'no apply starts it',
        ...(span ? { related: [{ span, label: 'because of this' }] } : {}),
      })
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
