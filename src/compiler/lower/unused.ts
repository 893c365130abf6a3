// Secrets and configs that nothing uses, of which is warned as of volumes that nothing mounts. Invariant: whatever a
// declaration or an output refers to is used, however many texts lie between; a text that nothing has uses nothing.

import { isList, isObject, isReference, indexIn } from '../sandbox/opened.ts'
import type { Declared, Encoded, Evaluated } from '../sandbox/opened.ts'
import { addressOf } from './acknowledged.ts'
import type { Declarations } from './rules.ts'
import type { Scope } from './scope.ts'

/** A secret that is an input is left out: whoever declares it as one hands it in. */
export function warnOfUnused(
  scope: Scope,
  stack: string,
  evaluated: Evaluated,
  declarations: Declarations,
): void {
  const used = usedIn(evaluated)
  for (const declared of declarations.values()) {
    const { kind, name, input, calls } = declared
    if ((kind !== 'secret' && kind !== 'config') || input !== undefined || used.has(declared)) continue
    const code = kind === 'secret' ? 'GT4024' : 'GT4025'
    const subject = `${kind} '${typeof name === 'string' ? name : ''}'`
    scope.report.about = addressOf(stack, declared)
    scope.report.subject = subject
    scope.report.warn(
      { calls, path: ['0'] },
      {
        code,
        summary: `nothing uses ${subject}`,
        fix: `use it, take it away, or acknowledge it: ack('${code}', 'why')`,
      },
    )
  }
  scope.report.about = undefined
  scope.report.subject = undefined
}

const usable: ReadonlySet<string> = new Set(['secret', 'file', 'env', 'config'])

/** Secrets and configs that a declaration or an output refers to, itself or by a value that was made for it. */
function usedIn({ declared, made, outputs }: Evaluated): ReadonlySet<Declared> {
  const used = new Set<Declared>()
  const followed = new Set<number>()
  const pending: Encoded[] = [outputs, ...declared.map((each) => each.options)]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (isList(value)) for (const each of value) pending.push(each)
    else if (isReference(value)) {
      const at = indexIn(value)
      const target = usable.has(value.$) ? declared[at] : undefined
      if (target) used.add(target)
      if (made[at]?.kind !== value.$ || followed.has(at)) continue
      followed.add(at)
      for (const each of Object.values(made[at].values)) pending.push(each)
    } else if (isObject(value)) for (const each of Object.values(value)) pending.push(each)
  }
  return used
}
