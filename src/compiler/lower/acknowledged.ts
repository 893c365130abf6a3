// Warnings that the program answers for. Invariant: a warning is either given or acknowledged, and what is acknowledged
// stands in the document, so that every plan can list it; an acknowledgement that answers for nothing is itself told.

import {
  configAddress,
  ingressAddress,
  nearest,
  secretAddress,
  serviceAddress,
  volumeAddress,
} from '../../model/index.ts'
import type { Acknowledgement, Diagnostic } from '../../model/index.ts'
import { codes } from '../codes.ts'
import { isReference } from '../sandbox/opened.ts'
import type { Acknowledged, Declared, Encoded } from '../sandbox/opened.ts'
import { wrongValue } from '../words.ts'
import { describeValue } from './references.ts'
import type { Warning, Where } from './report.ts'
import type { Scope } from './scope.ts'

/** Given by `check` for the program as a whole, so that nobody knows here whether it is. */
const ofTheProgram = 'GT4002'

const acknowledgeable = Object.keys(codes).filter((code) => code.startsWith('GT4') && code !== 'GT4020')

export interface Judged {
  readonly acknowledged: readonly Acknowledgement[]
  /** Those that nothing answers for. */
  readonly warnings: readonly Warning[]
  /** Acknowledgements of nothing, as warnings. */
  readonly unused: readonly Diagnostic[]
}

/** Address of a declaration, as plans and `ack()` name it. */
export function addressOf(stack: string, { kind, name }: Pick<Declared, 'kind' | 'name'>): string {
  const text = typeof name === 'string' ? name : ''
  switch (kind) {
    case 'service':
    case 'job':
    case 'cron':
      return serviceAddress(stack, text)
    case 'volume':
      return volumeAddress(stack, text)
    case 'secret':
      return secretAddress(stack, text)
    case 'config':
      return configAddress(stack, text)
    case 'ingress':
      return ingressAddress(stack, text)
  }
}

/** `warnings` are all that the stack was warned of. */
export function judgeWarnings(
  scope: Scope,
  given: readonly Acknowledged[],
  { stack, warnings }: { readonly stack: string; readonly warnings: readonly Warning[] },
): Judged {
  const read = given.flatMap((each) => {
    const acknowledgement = readAcknowledgement(scope, each, stack)
    return acknowledgement ? [{ acknowledgement, where: { calls: each.calls, path: ['0'] } }] : []
  })
  const answered = new Set<Warning>()
  const unused: Diagnostic[] = []
  for (const [index, { acknowledgement, where }] of read.entries()) {
    const { code, of } = acknowledgement
    const found = warnings.filter(
      (each) => each.diagnostic.code === code && (of === undefined || each.about === of),
    )
    for (const each of found) answered.add(each)
    const isRepeated = read.findIndex((each) => isSame(each.acknowledgement, acknowledgement)) < index
    if (isRepeated || (found.length === 0 && code !== ofTheProgram))
      unused.push(unusedWarning(scope, acknowledgement, { where, isRepeated }))
  }
  return {
    acknowledged: read.map((each) => each.acknowledgement),
    warnings: warnings.filter((each) => !answered.has(each)),
    unused,
  }
}

function isSame(one: Acknowledgement, other: Acknowledgement): boolean {
  return one.code === other.code && one.of === other.of
}

function unusedWarning(
  scope: Scope,
  { code, of }: Acknowledgement,
  { where, isRepeated }: { readonly where: Where; readonly isRepeated: boolean },
): Diagnostic {
  const about = of === undefined ? '' : ` of '${of}'`
  return scope.report.warning(where, {
    code: 'GT4020',
    summary: isRepeated
      ? `${code}${about} is acknowledged twice`
      : `there is no warning ${code}${about} to acknowledge`,
    fix: 'take the ack() away',
  })
}

function readAcknowledgement(
  scope: Scope,
  { code, reason, of, calls }: Acknowledged,
  stack: string,
): Acknowledgement | undefined {
  const { report, references } = scope
  const at = (argument: string): Where => ({ calls, path: [argument] })
  const wrong = (argument: string, takes: string, value: Encoded): void => {
    report.refuse(at(argument), wrongValue('ack()', [], takes, describeValue(value, references)))
  }
  if (typeof code !== 'string') {
    wrong('0', "the code of a warning, such as 'GT4001'", code)
    return undefined
  }
  if (!acknowledgeable.includes(code)) {
    const isError = Object.hasOwn(codes, code) && !code.startsWith('GT4')
    const guess = nearest(code, acknowledgeable)
    report.refuse(at('0'), {
      code: 'GT2195',
      summary: isError ? `${code} is an error, and cannot be acknowledged` : `there is no warning ${code}`,
      ...(guess === undefined || isError ? {} : { label: `did you mean '${guess}'?` }),
    })
    return undefined
  }
  if (typeof reason !== 'string') {
    wrong('1', 'a reason: a string', reason)
    return undefined
  }
  if (reason.trim() === '') {
    report.refuse(at('1'), {
      code: 'GT2196',
      summary: `${code} is acknowledged without a reason`,
      label: 'say why it is right as it is',
    })
    return undefined
  }
  if (of === null) return { code, reason }
  const kinds = ['service', 'job', 'cron', 'volume', 'secret', 'config', 'ingress']
  if (!isReference(of) || !kinds.includes(of.$)) {
    wrong('2', 'what a declaration returned', of)
    return undefined
  }
  return { code, reason, of: addressOf(stack, references.declared(of)) }
}
