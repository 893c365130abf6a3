// gantry's own process beside the editor: checks stack files as they are being written, so that the editor's TypeScript
// server never waits. Invariant: the newest question about a file is answered, older ones that wait are let go; it ends
// when the editor's end is closed.

import process from 'node:process'
import { createInterface } from 'node:readline'
import { openSession } from '../compiler/index.ts'
import type { Answer, Session } from '../compiler/index.ts'
import { Fault, messageOf } from '../model/index.ts'
import type { Ask, Tell } from './wire.ts'

/** Sessions that are kept: each holds a compiler. */
const sessionLimit = 3
/** Everything is looked at again when nothing was typed for so long. */
const quietMs = 1000

class Desk {
  readonly #file: string
  #session: Promise<Session> | undefined
  #next: Ask | undefined
  #isBusy = false
  #quiet: NodeJS.Timeout | undefined

  constructor(file: string) {
    this.#file = file
  }

  ask(ask: Ask): void {
    if (this.#next) tell({ id: this.#next.id, isOutdated: true })
    this.#next = ask
    clearTimeout(this.#quiet)
    if (!this.#isBusy) void this.#work()
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet)
    await (await this.#session?.catch(() => undefined))?.close()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    let last: number | undefined
    for (let ask = this.#next; ask; ask = this.#next) {
      this.#next = undefined
      last = ask.id
      try {
        const session = await (this.#session ??= openSession({ file: this.#file }))
        tellAnswer(ask.id, await session.check({ unsaved: new Map(ask.unsaved) }))
      } catch (error) {
        tellFailure(ask.id, error)
      }
    }
    this.#isBusy = false
    const id = last
    if (id !== undefined) this.#quiet = setTimeout(() => void this.#confirm(id), quietMs)
  }

  async #confirm(id: number): Promise<void> {
    try {
      const better = await (await this.#session)?.confirm()
      if (better) tellAnswer(id, better)
    } catch (error) {
      tellFailure(id, error)
    }
  }
}

function tell(message: Tell): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function tellAnswer(id: number, { result }: Answer): void {
  tell({ id, diagnostics: result.ok ? result.warnings : result.diagnostics })
}

function tellFailure(id: number, error: unknown): void {
  // A file that cannot be read is the user's business; everything else is for the log.
  const text = error instanceof Fault || !(error instanceof Error) ? messageOf(error) : error.stack
  tell({ id, failed: text ?? messageOf(error) })
}

const desks = new Map<string, Desk>()

function deskOf(file: string): Desk {
  const desk = desks.get(file) ?? new Desk(file)
  // The one that was asked last stands last.
  desks.delete(file)
  desks.set(file, desk)
  const [oldest] = desks
  if (desks.size > sessionLimit && oldest) {
    desks.delete(oldest[0])
    void oldest[1].close()
  }
  return desk
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })
lines.on('line', (line) => {
  const ask = JSON.parse(line) as Ask // written by the plugin of the same version
  deskOf(ask.file).ask(ask)
})
lines.on('close', () => process.exit(0))
// The editor's end has gone: there is nobody to tell.
process.stdout.on('error', () => process.exit(0))
