// Where the templates of the small languages stand in a file: `` place`…` ``, `` scale(…)`…` ``, `` every`…` ``, `` gate`…` ``.
// What is called is asked of the type checker, so that a word under another name is found and a function of the
// program's own that is called `place` is not. It evaluates nothing and does not say what is wrong inside of them.

import { basename } from 'node:path'
import type { Diagnostic, Span } from '../model/index.ts'
import { folderOf, ProgramFiles } from './files.ts'
import { inOrder } from './judge.ts'
import { Places } from './sites.ts'
import type { CallSite, Range } from './sites.ts'

export type TemplateKind = 'place' | 'scale' | 'every' | 'gate'

export interface TemplateSite {
  readonly kind: TemplateKind
  /** The literal parts between the holes, offsets in UTF-16 units: one more than holes. */
  readonly pieces: readonly Range[]
  /** The place of a part of the template; offsets in the file. */
  readonly spanOf: (range: Range) => Span
}

export interface TemplateFile {
  /** Relative to the folder of the file that was asked for, with `/`. */
  readonly path: string
  readonly text: string
  readonly templates: readonly TemplateSite[]
}

export type TemplatesResult =
  | { readonly ok: true; readonly files: readonly TemplateFile[] }
  /** It is not TypeScript: nothing in it can be found. */
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/** Of a file and of all that it imports, the file itself first. `file` is absolute. */
export async function templatesOf(file: string): Promise<TemplatesResult> {
  const { typescriptChecker } = await import('./typescript/checker.ts')
  const program = typescriptChecker.open(new ProgramFiles(folderOf(file)), basename(file))
  // Also an import that leads nowhere ends in no modules, but then the calls are known.
  if (program.modules.length === 0 && program.calls.length === 0) {
    const mistakes = program.diagnose()
    if (mistakes.length > 0)
      return { ok: false, diagnostics: inOrder(mistakes.map((each) => each.diagnostic)) }
  }
  const places = new Places(program.files, program.calls)
  return {
    ok: true,
    files: program.files.map(({ path, text }, index) => ({
      path,
      text,
      templates: program.calls.flatMap((call): TemplateSite[] => {
        const kind = kindOfTemplate(call)
        if (call.file !== index || kind === undefined || call.template === undefined) return []
        return [{ kind, pieces: call.template, spanOf: (range) => places.span(index, range) }]
      }),
    })),
  }
}

/** Undefined for a call of something else. */
export function kindOfTemplate({ word }: CallSite): TemplateKind | undefined {
  return word !== null && Object.hasOwn(kinds, word) ? kinds[word] : undefined
}

/** By what is called. The function that `scale(…)` gives has a type without a name, the only one of the vocabulary. */
const kinds: Readonly<Record<string, TemplateKind>> = {
  place: 'place',
  every: 'every',
  gate: 'gate',
  scale: 'scale',
  __type: 'scale',
}
