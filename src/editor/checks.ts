// What is known of each open stack file: the text that was asked about last, and the newest answer with the text it was
// given for. Invariant: an answer is shown for the text it was computed for; for a newer text only what the edit cannot
// have touched is shown, moved to where it is now.

import { commonEnds } from '../model/index.ts'
import type { Diagnostic } from '../model/index.ts'
import type { CheckProcess } from './process.ts'
import type { Ask, Tell } from './wire.ts'

/** A diagnostic of one file by offsets in UTF-16 units. */
export interface Placed {
  readonly diagnostic: Diagnostic
  readonly start: number
  readonly end: number
}

/** The text of a file that may not be saved, by its absolute path. */
export type Unsaved = ReadonlyMap<string, string>

interface Known {
  asked: { readonly id: number; readonly key: string; readonly text: string } | undefined
  answer: { readonly text: string; readonly diagnostics: readonly Diagnostic[] } | undefined
}

export class Checks {
  readonly #files = new Map<string, Known>()
  readonly #process: CheckProcess
  readonly #log: (line: string) => void
  readonly #onAnswer: (file: string) => void
  #count = 0

  constructor(process: CheckProcess, log: (line: string) => void, onAnswer: (file: string) => void) {
    this.#process = process
    this.#log = log
    this.#onAnswer = onAnswer
  }

  /**
   * What gantry says of a file as it is now, and asks again when the answer is for another text; null as long as
   * nothing is known.
   */
  of(
    file: string,
    text: string,
    unsaved: Unsaved,
  ): { readonly text: string; readonly diagnostics: readonly Diagnostic[] } | null {
    const known = this.#files.get(file) ?? { asked: undefined, answer: undefined }
    this.#files.set(file, known)
    const key = JSON.stringify([...unsaved])
    if (known.asked?.key !== key) {
      this.#count += 1
      const ask: Ask = { id: this.#count, file, unsaved: [...unsaved] }
      if (this.#process.ask(ask)) known.asked = { id: this.#count, key, text }
      else known.answer = undefined
    }
    return known.answer ?? null
  }

  tell(tell: Tell): void {
    if ('isOutdated' in tell) return
    for (const [file, known] of this.#files) {
      if (known.asked?.id !== tell.id) continue
      if ('failed' in tell) {
        this.#log(`cannot check ${file}: ${tell.failed}`)
        // TypeScript's own words are better than none.
        known.answer = undefined
      } else known.answer = { text: known.asked.text, diagnostics: tell.diagnostics }
      this.#onAnswer(file)
    }
  }

  /** The process is gone: what was asked is asked again with the next look. */
  forget(): void {
    for (const known of this.#files.values()) known.asked = undefined
  }

  close(file: string): void {
    this.#files.delete(file)
  }
}

/** Diagnostics of `from` where they are in `to`; those that an edit has touched are left out. */
export function moveAll(placed: readonly Placed[], from: string, to: string): readonly Placed[] {
  if (from === to) return placed
  const { head, tail } = commonEnds(from, to)
  const shift = to.length - from.length
  return placed.flatMap((each): Placed[] => {
    if (each.end < head) return [each]
    if (each.start > from.length - tail)
      return [{ ...each, start: each.start + shift, end: each.end + shift }]
    return []
  })
}
