// The files of a program with some texts in place of those on the disk: what is not saved yet, and what was reduced.
// Invariant: whether a file belongs to the program is decided as ever, by the disk and the folder.

import { sha256 } from '../../model/index.ts'
import { ProgramFiles } from '../files.ts'
import type { FileAnswer } from '../files.ts'

/** By path relative to the stack's folder, with `/`. */
export type Texts = ReadonlyMap<string, string>

export class TextFiles extends ProgramFiles {
  readonly #texts: Texts

  constructor(folder: string, texts: Texts) {
    super(folder)
    this.#texts = texts
  }

  override read(path: string): FileAnswer {
    const answer = super.read(path)
    const text = this.#texts.get(path)
    const isOurs = answer.ok || answer.problem.kind === 'missing'
    return text !== undefined && isOurs ? { ok: true, text } : answer
  }

  override digests(): Record<string, string | null> {
    return Object.fromEntries(
      Object.entries(super.digests()).map(([path, digest]) => {
        const text = this.#texts.get(path)
        return [path, text === undefined ? digest : sha256(text)]
      }),
    )
  }
}
