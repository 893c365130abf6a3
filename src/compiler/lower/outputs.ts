// What a stack hands to others, and what it takes from others. Invariant: no secret leaves a stack, and a stack refers to
// others by name alone: whether they have the output is asked when the plan is made.

import { isName, nameRule } from '../../model/index.ts'
import type { StackDocument, TextPart } from '../../model/index.ts'
import { isObject, isReference, membersOf } from '../sandbox/opened.ts'
import type { Encoded, Evaluated } from '../sandbox/opened.ts'
import { Reader } from './reader.ts'
import { describeValue } from './references.ts'
import { within } from './report.ts'
import type { Where } from './report.ts'
import { toName } from './rules.ts'
import type { Scope } from './scope.ts'
import { joinParts, Reaching, readHole } from './text.ts'

const outputName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

const takes = 'a string, a number, a boolean, text`…` or the address of a port'

/** What the body returned. A place in it is a place in what the function of stack() returns. */
export function readOutputs(scope: Scope, { outputs, stackCalls }: Evaluated): StackDocument['outputs'] {
  const where: Where = { calls: stackCalls, path: ['2'] }
  if (!isObject(outputs) || isReference(outputs)) {
    scope.report.refuse(where, {
      code: 'GT2191',
      summary: 'the body of a stack returns its outputs as an object, or nothing',
      label: `this returns ${describeValue(outputs, scope.references)}`,
    })
    return {}
  }
  return Object.fromEntries(
    membersOf(outputs).flatMap(([name, value]): [string, { text: TextPart[] }][] => {
      const at = within(where, name)
      scope.sources.written(['outputs', name], at)
      if (!outputName.test(name) || name === 'constructor') {
        scope.report.refuse(
          at,
          {
            code: 'GT2191',
            summary: `'${name}' cannot be the name of an output`,
            notes: ['letters, digits, "_" and "-", starting with a letter'],
          },
          'name',
        )
        return []
      }
      const text = readOutput(scope, name, value, at)
      return text ? [[name, { text }]] : []
    }),
  )
}

function readOutput(scope: Scope, name: string, value: Encoded, where: Where): TextPart[] | undefined {
  const { report, references } = scope
  const refuse = (what: string): void => {
    report.refuse(where, {
      code: 'GT2190',
      summary: `the output '${name}' holds ${what}`,
      notes: ['outputs are shown, and handed to other stacks'],
    })
  }
  if (isReference(value) && ['secret', 'file', 'env'].includes(value.$)) {
    refuse(`secret '${references.nameOf(value)}'`)
    return undefined
  }
  const isFit =
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (isReference(value) && ['port', 'host', 'number', 'text', 'output'].includes(value.$))
  if (!isFit) {
    report.refuse(where, {
      code: 'GT2191',
      summary: `the output '${name}' takes ${takes}`,
      label: `this is ${describeValue(value, references)}`,
    })
    return undefined
  }
  const uses = { files: new Set<string>(), reaching: new Reaching() }
  const reader = new Reader(report, references, {
    word: 'stack',
    subject: `the output '${name}'`,
    calls: where.calls,
  })
  const parts = joinParts(readHole(reader, value, where, uses))
  const secret = parts.flatMap((part) =>
    typeof part === 'object' && 'secret' in part ? [part.secret] : [],
  )[0]
  const [file] = uses.files
  if (secret !== undefined) refuse(`the value of secret '${secret}'`)
  else if (file !== undefined) refuse(`the path of the file of secret '${file}', which no other stack has`)
  else return parts
  return undefined
}

/** The names in outputs<…>('name'), wherever they are used. */
export function checkReferredStacks(scope: Scope, { made }: Evaluated, stack: string): void {
  for (const { kind, values, calls } of made) {
    if (kind !== 'output') continue
    const name = values['stack'] ?? null
    const where: Where = { calls, path: ['0'] }
    if (typeof name !== 'string')
      scope.report.refuse(where, {
        code: 'GT1004',
        summary: 'outputs() takes the name of a stack',
        label: `this is ${describeValue(name, scope.references)}`,
      })
    else if (!isName(name)) {
      const better = toName(name)
      scope.report.refuse(where, {
        code: 'GT2004',
        summary: `'${name}' cannot be the name of a stack`,
        ...(better === undefined ? {} : { label: `write '${better}'` }),
        notes: [`a name is ${nameRule}`],
      })
    } else if (name === stack)
      scope.report.refuse(where, {
        code: 'GT2192',
        summary: `stack '${name}' refers to its own outputs`,
        label: 'use what its declarations returned',
      })
  }
}
