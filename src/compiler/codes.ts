// Every diagnostic the compiler can give, by its code. The first digit is the stage: 0 files, 1 types, 2 rules, 3 small
// languages, 4 warnings, 5 evaluation. Invariant: a code is never used for something else later, and each has a golden
// file in test/golden that shows it.

import { wrapWords } from '../model/index.ts'
import { declarationCodes } from './codes/declarations.ts'
import type { CodeEntry } from './codes/entry.ts'
import { evaluationCodes } from './codes/evaluation.ts'
import { fileCodes } from './codes/files.ts'
import { languageCodes } from './codes/languages.ts'
import { ruleCodes } from './codes/rules.ts'
import { typeCodes } from './codes/types.ts'
import { warningCodes } from './codes/warnings.ts'

export type { CodeEntry }

export const codes = {
  ...fileCodes,
  ...typeCodes,
  ...ruleCodes,
  ...declarationCodes,
  ...languageCodes,
  ...warningCodes,
  ...evaluationCodes,
} as const satisfies Readonly<Record<string, CodeEntry>>

export type Code = keyof typeof codes

/** What the first digit of a code stands for, in the order in which they are listed. */
export const codeGroups: readonly (readonly [prefix: string, title: string])[] = [
  ['GT0', 'Files and the program as a whole'],
  ['GT1', 'Types and values'],
  ['GT2', 'Rules of the language'],
  ['GT3', 'The small languages'],
  ['GT4', 'Warnings'],
  ['GT5', 'Evaluation'],
]

/** Columns of the long form. */
const explainWidth = 80

/** The long form of a diagnostic, for `gantry explain`; undefined for a code that does not exist. */
export function explain(code: string): string | undefined {
  const entry: CodeEntry | undefined = Object.hasOwn(codes, code) ? codes[code as Code] : undefined // it is one of them
  if (!entry) return undefined
  const example = (heading: string, text: string | undefined): string[] =>
    text === undefined ? [] : ['', `${heading}:`, '', text.replaceAll(/^/gm, '    ')]
  return [
    `${code}: ${entry.title}`,
    '',
    wrapWords(entry.text, explainWidth),
    ...example('Wrong', entry.wrong),
    ...example('Right', entry.right),
  ].join('\n')
}
