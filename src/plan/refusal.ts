// What stands in the way of a plan, as it is shown: with the place in the program, and as diagnostics for whoever has
// the program's text. It refuses nothing itself.

import { exitOf } from '../control/index.ts'
import type { Refusal } from '../control/index.ts'
import { documentPath, nameOf, spanAt } from '../model/index.ts'
import type { Diagnostic, ExitCode, Sources, StackDocument } from '../model/index.ts'
import type { Plan } from './plan.ts'

type PlanRefusal = Plan['refusals'][number]

export function shownRefusal(
  { address, what, fix, code, path }: Refusal,
  document: StackDocument | null,
  sources: Sources,
): PlanRefusal {
  const at = path ?? (document ? pathOf(address, document) : undefined)
  const source = at === undefined ? null : (spanAt(sources, at) ?? null)
  return { address, what, fix, code: code ?? null, source }
}

const tables = { volume: 'volumes', secret: 'secrets', config: 'configs', ingress: 'ingresses' } as const

/** Where an address stands in the document; undefined for the stack itself. */
function pathOf(address: string, document: StackDocument): string | undefined {
  const name = nameOf(address)
  for (const [kind, table] of Object.entries(tables))
    if (address.includes(`/${kind}:`)) return documentPath(table, name)
  const owners = (['services', 'jobs', 'crons'] as const).find((table) =>
    Object.hasOwn(document[table], name),
  )
  return owners && address.includes('/') ? documentPath(owners, name) : undefined
}

/** Refusals with a code and a place, for whoever can show the line; the others are in the plan alone. */
export function refusalDiagnostics(plan: Plan): Diagnostic[] {
  return plan.refusals.flatMap(({ code, what, fix, source }): Diagnostic[] =>
    code === null || source === null ? [] : [{ severity: 'error', code, summary: what, fix, span: source }],
  )
}

/** The exit code of a command that was to carry the plan out, or to save it; null when nothing stands in its way. */
export function refusedExit(plan: Plan): ExitCode | null {
  return plan.applyable ? null : exitOf(plan.refusals)
}
