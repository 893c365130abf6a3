// Plan files: a plan with the stack it was made from, so that `apply FILE` needs nothing else and evaluates nothing
// again. Invariant: a file that differs from what was written in a single byte is refused; what is read from one is
// parsed, not believed. The digest finds damage and edits; it is no signature.

import { z } from 'zod'
import {
  assert,
  canonicalJson,
  digestOf,
  documentDigest,
  exitCodes,
  Fault,
  sources,
  stackDocument,
} from '../model/index.ts'
import type { CompiledStack } from '../model/index.ts'
import { plan as planSchema } from './plan.ts'
import type { Plan } from './plan.ts'

const magic = 'gantry-plan'
/** Grows when the file's own shape changes. */
export const planFileFormat = 1
/** Characters; a stack of some ten thousand services. */
const sizeLimit = 256 * 1024 * 1024

const content = z.strictObject({ plan: planSchema, document: stackDocument, sources })

const envelope = z.strictObject({
  magic: z.literal(magic),
  format: z.int(),
  /** SHA-256 of the content in canonical JSON. */
  sha256: z.string(),
  content: z.unknown(),
})

export interface PlanFile {
  readonly plan: Plan
  readonly compiled: CompiledStack
}

/** One line of ASCII; `compiled` must be what the plan was made from. Saving a refused plan is a bug of the caller. */
export function encodePlanFile(plan: Plan, compiled: CompiledStack): string {
  assert(
    plan.kind === 'apply' && plan.applyable,
    () => `plan ${plan.id} cannot be applied, and cannot be saved`,
  )
  assert(plan.document === compiled.digest, () => `plan ${plan.id} was made from another document`)
  return encode({ plan, document: compiled.document, sources: compiled.sources })
}

function encode(value: z.infer<typeof content>): string {
  const text = `{"magic":"${magic}","format":${planFileFormat},"sha256":"${digestOf(value)}","content":${canonicalJson(value)}}`
  // ASCII alone: no editor, terminal or encoding shows or stores it otherwise than it is.
  return `${text.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** Whether a text is meant to be a plan file, be it damaged or not; a stack program does not begin like one. */
export function isPlanFile(text: string): boolean {
  return /^\s*\{/.test(text) || text.slice(0, 200).includes(magic)
}

/** Throws a Fault when the text is not a plan file of this format, or not exactly as it was written. */
export function decodePlanFile(text: string): PlanFile {
  if (text.length > sizeLimit)
    throw unreadable(`it has ${text.length} characters`, 'a plan file is never that large')
  const value = parseJson(text)
  const outer = envelope.safeParse(value)
  if (!outer.success)
    throw unreadable('it is not a plan file of gantry, or is damaged', 'make one with gantry plan -o FILE')
  const { format, sha256 } = outer.data
  if (format !== planFileFormat)
    throw unreadable(
      `it has format ${format}, and this gantry reads format ${planFileFormat}`,
      'make a new plan with this gantry, or apply it with the one that made it',
    )
  if (digestOf(outer.data.content) !== sha256) throw damaged('its content is not what its digest says')
  const inner = content.safeParse(outer.data.content)
  if (!inner.success)
    throw unreadable(
      `its content is not what this gantry expects (${firstIssue(inner.error)})`,
      'make a new plan with this gantry',
    )
  // The same content in other bytes (spaces, another order, other escapes) was not written by gantry.
  if (encode(inner.data) !== text) throw damaged('it is not written the way gantry writes it')
  const { plan, document, sources } = inner.data
  const digest = documentDigest(document)
  if (digest !== plan.document || document.stack !== plan.stack)
    throw damaged('its plan was made from another document than it holds')
  if (plan.kind !== 'apply' || !plan.applyable) throw damaged('its plan cannot be applied')
  return { plan, compiled: { document, digest, sources } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('it is not a plan file of gantry, or is cut off', 'make one with gantry plan -o FILE')
  }
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'for an unknown reason'
}

function damaged(why: string): Fault {
  return unreadable(why, 'it was edited or damaged: make a new plan')
}

function unreadable(why: string, fix: string): Fault {
  return new Fault({ what: 'the plan file cannot be used', why, fix, exit: exitCodes.failed })
}
