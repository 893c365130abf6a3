// The door's one function: the text of a Compose file to the text of a stack file and the report of what became of every
// key. Invariant: pure but for the files it is handed; the same files give the same text and report.

import { isName, nameRule } from '../model/index.ts'
import { interpolate, valueOfPieces } from './interpolation.ts'
import { Ledger } from './ledger.ts'
import type { ReportEntry } from './ledger.ts'
import { loadCompose } from './load.ts'
import { gantryName, Identifiers } from './names.ts'
import type { Files, Session } from './session.ts'
import { translate } from './stack.ts'
import { entryOf, locate, Unreadable } from './tree.ts'
import type { Node, Problem } from './tree.ts'
import { Variables } from './variables.ts'

export interface ImportOptions {
  readonly text: string
  /** Name of the Compose file in its folder, as places and messages say it. */
  readonly file: string
  /** Absolute path of that folder on the nodes, with `/`: what relative binds begin with. */
  readonly folder: string
  readonly files: Files
  /** Name of the stack. Default: `name` of the file, then that of the folder. Not a name: an assertion fails. */
  readonly stack?: string
}

export type ImportResult =
  | {
      readonly ok: true
      readonly stack: string
      /** The stack file. */
      readonly code: string
      /** Every key, in the order of the file. */
      readonly report: readonly ReportEntry[]
    }
  | { readonly ok: false; readonly problem: Problem }

/** Never throws for what a file holds: a file that cannot be read as a whole gives a problem with its line. */
export function importCompose(options: ImportOptions): ImportResult {
  const { text, file, folder, files } = options
  try {
    const ledger = new Ledger()
    const { root: raw, values } = loadCompose(text, file, files, ledger)
    const root = locate(raw)
    if (root.kind !== 'map') throw new Error('a mapping became something else')
    const identifiers = new Identifiers()
    const named = entryOf(root, 'name')
    const stack = options.stack ?? stackName(named?.value, folder, values)
    if (!isName(stack)) throw new Error(`${JSON.stringify(stack)} is no name: ${nameRule}`)
    if (named?.value.kind === 'scalar' && named.value.value !== stack)
      ledger.changed(named, `the stack is called '${stack}'`)
    const session: Session = {
      ledger,
      variables: new Variables(values, identifiers),
      identifiers,
      files,
      folder,
      stack,
    }
    const { text: code, report } = translate(session, root, file)
    return { ok: true, stack, code, report }
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problem: error.problem }
    throw error
  }
}

function stackName(node: Node | undefined, folder: string, values: ReadonlyMap<string, string>): string {
  const written =
    node?.kind === 'scalar' && typeof node.value === 'string' ? interpolate(node.value) : undefined
  const text = written?.ok === true ? valueOfPieces(written.pieces, values) : undefined
  const last = folder
    .split('/')
    .filter((part) => part !== '')
    .at(-1)
  return gantryName(text ?? last ?? 'stack', 'stack', () => false)
}
