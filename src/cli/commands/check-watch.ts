// `gantry check --watch`: the same again after every change of what the program is made of. Invariant: what was said last
// is what a check of the files as they are says; nothing that was shown is cleared away.

import { relative, resolve } from 'node:path'
import { openSession } from '../../compiler/index.ts'
import type { Answer, Session } from '../../compiler/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'
import type { Context } from '../context.ts'
import { readInputsFile } from '../inputs/file.ts'
import { chooseValues } from '../inputs/resolve.ts'
import type { Given } from '../inputs/resolve.ts'
import { parseInputs, readFiles } from '../inputs/written.ts'
import { printable } from '../terminal.ts'
import { PlaceWatcher } from '../watch/places.ts'

/** Programs that write a file in several steps are given this long for it. */
const settlesWithinMs: Duration = 10

export interface WatchArgs {
  readonly file: string
  readonly input: readonly string[]
  readonly inputsFile: string | undefined
  readonly isJson: boolean
}

/** Goes on until it is interrupted; `report` writes one answer. */
export async function watchChecks(
  context: Context,
  args: WatchArgs,
  report: (answer: Answer) => void,
): Promise<number> {
  const watcher = new PlaceWatcher()
  const watching = new Watching(context, args, watcher, report)
  try {
    await watching.run()
    return exitCodes.ok
  } catch (error) {
    if (context.readerGone.aborted) return exitCodes.ok
    throw error
  } finally {
    watcher.close()
    await watching.close()
  }
}

class Watching {
  readonly #context: Context
  readonly #args: WatchArgs
  readonly #watcher: PlaceWatcher
  readonly #report: (answer: Answer) => void
  readonly #over: AbortSignal
  #session: Session | undefined
  #inputs: Readonly<Record<string, string>> = {}
  #places: readonly string[]
  #last = ''

  constructor(context: Context, args: WatchArgs, watcher: PlaceWatcher, report: (answer: Answer) => void) {
    this.#context = context
    this.#args = args
    this.#watcher = watcher
    this.#report = report
    this.#over = AbortSignal.any([context.signal, context.readerGone])
    this.#places = [args.file]
  }

  async run(): Promise<void> {
    const { terminal } = this.#context
    let isFirst = true
    this.#follow()
    for (;;) {
      let answer = await this.#check()
      // What changed after it was read and before it was watched.
      while (this.#follow()) answer = await this.#check()
      if (isFirst) {
        terminal.say(terminal.errColor.dim('watching for changes; Ctrl-C ends it'))
        isFirst = false
      }
      const change = this.#watcher.changed(this.#over)
      // Looked at again below; until then its failure is nobody's.
      change.catch(() => undefined)
      if (answer) await Promise.race([change, this.#confirm()])
      await change
      await this.#context.clock.sleep(settlesWithinMs, this.#over)
    }
  }

  async close(): Promise<void> {
    await this.#session?.close()
  }

  /** Null when there is nothing to check: what is wrong has been said. */
  async #check(): Promise<Answer | null> {
    const { terminal, clock } = this.#context
    const began = clock.monotonic()
    try {
      this.#session ??= await openSession({ file: this.#args.file })
      const given = await this.#given()
      let answer = await this.#session.check({ inputs: this.#inputs })
      // Which inputs there are is known once the program has run; what is given for them may change with that.
      const inputs = this.#inputsFor(answer, given)
      if (JSON.stringify(inputs) !== JSON.stringify(this.#inputs)) {
        this.#inputs = inputs
        answer = await this.#session.check({ inputs })
      }
      this.#places = answer.places
      this.#show(answer, `${Math.round(clock.monotonic() - began)} ms`)
      return answer
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      const said = error.message
      if (said === this.#last) return null
      this.#last = said
      const { what, why, fix } = error.details
      if (this.#args.isJson)
        terminal.out(JSON.stringify({ format_version: 1, error: { what, why, fix, exit: error.exit } }))
      terminal.say(`${terminal.errColor.red('error:')} ${printable(said)}`)
      return null
    }
  }

  async #confirm(): Promise<void> {
    const better = await this.#session?.confirm()
    if (!better) return
    this.#places = better.places
    this.#follow()
    this.#show(better, 'corrected, after a look at everything')
  }

  /** The same of the same files is not said twice. */
  #show(answer: Answer, how: string): void {
    const said = JSON.stringify([answer.result, answer.digest])
    if (said === this.#last) return
    const { terminal, cwd } = this.#context
    if (!this.#args.isJson) {
      if (this.#last !== '') terminal.say('')
      terminal.say(terminal.errColor.dim(`${printable(relative(cwd, this.#args.file))}, ${how}`))
    }
    this.#last = said
    this.#report(answer)
  }

  async #given(): Promise<Given> {
    const { input, inputsFile } = this.#args
    const { cwd, env } = this.#context
    return {
      written: readFiles(parseInputs(input), cwd),
      inFile: inputsFile === undefined ? {} : await readInputsFile(inputsFile, cwd),
      fileName: inputsFile ?? '',
      env,
    }
  }

  #inputsFor({ result }: Answer, given: Given): Readonly<Record<string, string>> {
    // A program that is broken for a moment declares none; they are what they were, then.
    return result.inputs.length === 0 && !result.ok ? this.#inputs : chooseValues(result.inputs, given).values
  }

  #follow(): boolean {
    return this.#watcher.follow([...this.#places, ...this.#inputFiles()])
  }

  #inputFiles(): string[] {
    const { inputsFile } = this.#args
    return inputsFile === undefined ? [] : [resolve(this.#context.cwd, inputsFile)]
  }
}
