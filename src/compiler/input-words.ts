// What is said about inputs that do not fit. Invariant: a message names the input, what was given, and how to give it.

import { nearest } from '../model/index.ts'
import { kindWords, limitWords } from './input-declarations.ts'
import type { DeclaredInput, InputProblem } from './inputs.ts'
import { listNames } from './suggest.ts'
import type { Words } from './words.ts'

export function describeProblem(problem: InputProblem, declared: readonly DeclaredInput[]): Words {
  switch (problem.kind) {
    case 'declaration':
      return problem.words
    case 'unknown':
      return unknown(problem.name, declared)
    case 'missing':
      return missing(problem.input)
    case 'misfit':
      return misfit(problem)
    case 'secret':
      return {
        code: 'GT2212',
        summary: `the input '${problem.name}' is a secret, and was given like the others`,
        label: 'declared here',
        notes: ['the value of a secret never enters the compiler, nor its cache'],
        fix: `set it beside the inputs, as the secret '${problem.input.secret ?? ''}'`,
      }
  }
}

function unknown(name: string, declared: readonly DeclaredInput[]): Words {
  const names = declared.map((each) => each.name)
  const guess = nearest(name, names)
  return {
    code: 'GT2201',
    summary: `the stack has no input '${name}'`,
    notes: [names.length === 0 ? 'it has no inputs' : `its inputs are ${names.join(', ')}`],
    ...(guess === undefined ? {} : { fix: `did you mean --input ${guess}=…?` }),
  }
}

function missing(input: DeclaredInput): Words {
  const example =
    input.values[0] ?? { string: '…', number: '1', boolean: 'true', oneOf: '…', secret: '…' }[input.type]
  return {
    code: 'GT2202',
    summary: `the input '${input.name}' is not given`,
    label: input.description ?? 'it has no default',
    fix: `give it: --input ${input.name}=${example}${input.env === undefined ? '' : `, or ${input.env} in the environment`}`,
  }
}

function misfit({ input, text, limit }: Extract<InputProblem, { kind: 'misfit' }>): Words {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  if (limit)
    return {
      code: 'GT2211',
      summary: `the input ${input.name}=${shown} ${limitWords(limit, input.limits)}`,
      label: 'declared here',
    }
  if (input.type !== 'oneOf')
    return {
      code: 'GT2204',
      summary: `the input ${input.name}=${shown} is not ${kindWords[input.type]}`,
      label: 'declared here',
    }
  const guess = nearest(text, input.values)
  return {
    code: 'GT2203',
    summary: `the input ${input.name}=${shown} is not one of ${listNames(input.values)}`,
    label: 'declared here',
    ...(guess === undefined ? {} : { fix: `did you mean --input ${input.name}=${guess}?` }),
  }
}
