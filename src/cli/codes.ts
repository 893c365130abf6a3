// Every code that gantry gives: those of the compiler, and those of what the cluster cannot carry out. One table, so that
// `gantry explain` and SARIF know them all.

import { codes as compilerCodes, explain as explainCompilerCode } from '../compiler/index.ts'
import type { CodeEntry } from '../compiler/index.ts'
import { supportCodes } from '../control/index.ts'
import { wrapWords } from '../model/index.ts'
import type { SupportEntry } from '../control/index.ts'

const ofCluster: Readonly<Record<string, SupportEntry>> = supportCodes

/** By code. What to do instead of something unsupported is its `right`. */
export const allCodes: Readonly<Record<string, CodeEntry>> = {
  ...compilerCodes,
  ...Object.fromEntries(
    Object.entries(ofCluster).map(([code, { title, text, fix }]): [string, CodeEntry] => [
      code,
      { title: lowerFirst(title), text: `${text} Instead: ${fix}.` },
    ]),
  ),
}

function lowerFirst(title: string): string {
  return /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title
}

/** The long form; undefined for a code that does not exist. */
export function explainCode(code: string, width: number): string | undefined {
  const entry = Object.hasOwn(ofCluster, code) ? ofCluster[code] : undefined
  if (!entry) return explainCompilerCode(code)
  const paragraphs = [entry.text, `Instead: ${entry.fix}.`].map((each) => wrapWords(each, width))
  return [`${code}: ${lowerFirst(entry.title)}`, ...paragraphs].join('\n\n')
}
