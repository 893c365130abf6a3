// The type checker in a thread of its own: what it opened is evaluated and lowered here while it looks at the types, which
// takes longer than all the rest. Invariant: an answer always comes, also when the thread runs out of memory: that is a
// mistake of the program, and not the end of gantry.

import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { ReadProgram, StaticMistake } from '../checker.ts'
import { isFromSource } from '../dsl.ts'
import { ProgramFiles } from '../files.ts'
import { failureOfTypescript } from './failure.ts'

/** A program to check. */
export interface Asked {
  /** The stack's folder. */
  readonly folder: string
  /** Name of the stack file in it. */
  readonly entry: string
}

export interface Opened {
  readonly program: ReadProgram
  /**
   * Of every file that was asked for, null for one that is not there; null when it is not known what the answer depends on,
   * and it must not be kept.
   */
  readonly digests: Readonly<Record<string, string | null>> | null
}

/** What the thread sends: both of each program, in the order in which they were asked for. */
export type Answer =
  | ({ readonly type: 'opened' } & Opened)
  | { readonly type: 'diagnosed'; readonly mistakes: readonly StaticMistake[] }

export interface InThread extends Opened {
  readonly mistakes: Promise<readonly StaticMistake[]>
}

interface Waiting {
  readonly asked: Asked
  readonly opened: PromiseWithResolvers<Opened>
  readonly mistakes: PromiseWithResolvers<readonly StaticMistake[]>
}

/** Almost nothing that a check makes is thrown away before its end: with more room it is moved about less often. */
const youngMegabytes = 64

export class CheckerThread {
  readonly #memoryMb: number | undefined
  readonly #waiting: Waiting[] = []
  #worker: Worker | undefined

  /** `memoryMb`: megabytes for what it has in its hands. Default: what Node gives a thread on this machine. */
  constructor(memoryMb?: number) {
    this.#memoryMb = memoryMb
  }

  /** Resolves before the types are looked at. The thread is kept for the next program, and keeps no process alive. */
  async open(asked: Asked): Promise<InThread> {
    const waiting: Waiting = {
      asked,
      opened: Promise.withResolvers(),
      mistakes: Promise.withResolvers(),
    }
    // Until it is asked for, a failure is nobody's.
    waiting.mistakes.promise.catch(() => undefined)
    this.#waiting.push(waiting)
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage(asked)
    return { ...(await waiting.opened.promise), mistakes: waiting.mistakes.promise }
  }

  #start(): Worker {
    const cache = getCompileCacheDir()
    const worker = new Worker(new URL(isFromSource ? './worker.ts' : './worker.js', import.meta.url), {
      resourceLimits: {
        maxYoungGenerationSizeMb: youngMegabytes,
        ...(this.#memoryMb === undefined ? {} : { maxOldGenerationSizeMb: this.#memoryMb }),
      },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
      stdin: false,
    })
    worker.on('message', (answer: Answer) => {
      if (answer.type === 'opened') this.#waiting[0]?.opened.resolve(answer)
      else {
        this.#waiting.shift()?.mistakes.resolve(answer.mistakes)
        if (this.#waiting.length === 0) worker.unref()
      }
    })
    worker.on('error', (error: unknown) => this.#ended(error))
    return worker
  }

  /** What it was at has ended it; the others are asked for again. */
  #ended(error: unknown): void {
    const [first, ...others] = this.#waiting.splice(0)
    this.#worker = undefined
    if (first && isOutOfMemory(error)) tellTooBig(first, error.message)
    else {
      first?.opened.reject(error)
      first?.mistakes.reject(error)
    }
    if (others.length === 0) return
    this.#worker = this.#start()
    for (const each of others) {
      this.#waiting.push(each)
      this.#worker.postMessage(each.asked)
    }
  }
}

function tellTooBig({ asked: { folder, entry }, opened, mistakes }: Waiting, why: string): void {
  const answer = new ProgramFiles(folder).read(entry)
  const text = answer.ok ? answer.text : ''
  opened.resolve({
    program: { files: [{ path: entry, text }], modules: [], calls: [], defaultExport: null },
    digests: null,
  })
  mistakes.resolve([{ diagnostic: failureOfTypescript(entry, text, why) }])
}

function isOutOfMemory(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

const shared = new CheckerThread()

/** Opens a program in the process's thread for it. */
export const openInThread = (asked: Asked): Promise<InThread> => shared.open(asked)
