// Checks one stack file again and again, as `check --watch` and the editor do. What an edit cannot have changed is not
// looked at again; everything is, in a thread of its own, when `confirm` is called after an answer. Invariant: an answer
// that was built on an earlier one is confirmed or corrected by one that was not.

import { basename, join, relative, sep } from 'node:path'
import { Worker } from 'node:worker_threads'
import { digestOf, sha256 } from '../../model/index.ts'
import { isFromSource } from '../dsl.ts'
import { folderOf, placeOfFile } from '../files.ts'
import { requireReadable } from '../program.ts'
import { defaultDeadlineMs, Sandbox } from '../sandbox/sandbox.ts'
import { Outliner } from '../typescript/outline.ts'
import { checkPart, groundOf } from './part.ts'
import type { Ground, PartAnswer } from './part.ts'
import { TextFiles } from './texts.ts'
import type { Texts } from './texts.ts'
import { resultDigest } from './whole.ts'
import type { Base, Subject } from './whole.ts'
import type { Answer, Asked, Session, SessionOptions } from './open.ts'
import type { WholeAnswer, WholeRequest } from './worker.ts'

/** From this many statements on, what was confirmed becomes what the next answer is built on. */
const groundGrowsOld = 12

export function startSession(options: SessionOptions): Session {
  return new Checking({
    file: options.file,
    entry: basename(options.file),
    inputs: {},
    deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
  })
}

class Checking implements Session {
  #subject: Subject
  readonly #outliner = new Outliner()
  #sandbox: Sandbox | undefined
  #thread: WholeThread | undefined
  /** What answers are built on, and whether that was tried out. */
  #ground: Ground | undefined
  #isRehearsed = false
  #last: { readonly texts: Texts; readonly answer: Answer } | undefined
  #turn = 0
  /** The sandbox evaluates one program at a time. */
  #evaluating: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(subject: Subject) {
    this.#subject = subject
  }

  async check({ unsaved = new Map(), inputs = {} }: Asked = {}): Promise<Answer> {
    this.#turn += 1
    if (JSON.stringify(inputs) !== JSON.stringify(this.#subject.inputs)) {
      this.#subject = { ...this.#subject, inputs }
      this.#ground = undefined
    }
    const { file, entry } = this.#subject
    if (!unsaved.has(file)) requireReadable(file)
    const texts = this.#textsOf(unsaved)
    const files = new TextFiles(folderOf(file), texts)
    const main = files.read(entry)
    if (main.ok) texts.set(entry, main.text)
    const ground = this.#ground
    if (ground && main.ok && isSameBeside(ground.base.digests, files, entry)) {
      const digests = { ...ground.base.digests, [entry]: sha256(main.text) }
      const part = await this.#part(ground, texts, false)
      if (part) {
        const { result, others, statements } = part
        return this.#note(texts, digests, others, { result, statements })
      }
    }
    const base = await this.#whole(texts, null)
    if (base === null) throw new Error('a check that expected nothing was as expected')
    return this.#adopt(texts, base)
  }

  async confirm(): Promise<Answer | null> {
    try {
      return await this.#confirm()
    } catch (error) {
      // The thread that was asked has been ended.
      if (this.#isClosed) return null
      throw error
    }
  }

  async #confirm(): Promise<Answer | null> {
    const last = this.#last
    const turn = this.#turn
    if (!last) return null
    if (last.answer.statements === null) {
      await this.#rehearse(last.texts)
      return null
    }
    const isGrown = last.answer.statements >= groundGrowsOld
    const expected = resultDigest(last.answer.result)
    const base = await this.#whole(last.texts, isGrown ? null : expected)
    if (turn !== this.#turn || base === null) return null
    const answer = this.#adopt(last.texts, base)
    return resultDigest(base.result) === expected ? null : answer
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#sandbox?.close(), this.#thread?.close()])
    this.#sandbox = undefined
    this.#thread = undefined
  }

  #textsOf(unsaved: ReadonlyMap<string, string>): Map<string, string> {
    const folder = folderOf(this.#subject.file)
    return new Map([...unsaved].map(([path, text]) => [relative(folder, path).split(sep).join('/'), text]))
  }

  #part(ground: Ground, texts: Texts, isRehearsal: boolean): Promise<PartAnswer | null> {
    const part = this.#evaluating.then(() => this.#partAlone(ground, texts, isRehearsal))
    this.#evaluating = part
    return part
  }

  async #partAlone(ground: Ground, texts: Texts, isRehearsal: boolean): Promise<PartAnswer | null> {
    const sandbox = () => (this.#sandbox ??= new Sandbox())
    try {
      const request = {
        ground,
        outliner: this.#outliner,
        subject: this.#subject,
        texts,
        sandbox,
        isRehearsal,
      }
      return await checkPart(request)
    } catch {
      // What the part cannot do, the whole does; a bug of the part is not one of the program's.
      await this.#sandbox?.close()
      this.#sandbox = undefined
      return null
    }
  }

  /** Null when the result is the expected one. */
  async #whole(texts: Texts, expected: string | null): Promise<Base | null> {
    this.#thread ??= new WholeThread()
    return this.#thread.check(this.#subject, texts, expected)
  }

  #adopt(texts: Texts, base: Base): Answer {
    // What cannot be built on leaves what could: a program that is broken for a moment is mended mostly.
    const ground = groundOf(base, this.#outliner)
    if (ground) this.#ground = ground
    const { result, digests, others } = base
    return this.#note(texts, digests, others, { result, statements: null })
  }

  #note(
    texts: Texts,
    digests: Base['digests'],
    others: readonly string[],
    said: Pick<Answer, 'result' | 'statements'>,
  ): Answer {
    const answer = { ...said, places: this.#places(digests, others), digest: digestOf(digests) }
    this.#last = { texts, answer }
    return answer
  }

  /** The first edit is answered as fast as the others. */
  async #rehearse(texts: Texts): Promise<void> {
    if (this.#isRehearsed || !this.#ground) return
    this.#isRehearsed = true
    await this.#part(this.#ground, texts, true)
  }

  #places(digests: Base['digests'], others: readonly string[]): string[] {
    const folder = folderOf(this.#subject.file)
    return [
      ...Object.keys(digests).map((path) => placeOfFile(folder, path)),
      ...others.map((each) => join(folder, each)),
    ]
  }
}

/** Whether all files but the stack's are as they were. */
function isSameBeside(digests: Base['digests'], files: TextFiles, entry: string): boolean {
  return Object.entries(digests).every(([path, digest]) => {
    if (path === entry) return true
    const answer = files.read(path)
    return digest === (answer.ok ? sha256(answer.text) : null)
  })
}

/** The other end of worker.ts. */
class WholeThread {
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { readonly resolve: (base: Base | null) => void; readonly reject: (error: Error) => void }
  >()
  #count = 0

  constructor() {
    this.#worker = new Worker(new URL(isFromSource ? './worker.ts' : './worker.js', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.unref()
    this.#worker.on('message', (answer: WholeAnswer) => {
      const asker = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('base' in answer) asker?.resolve(answer.base)
      else if ('isExpected' in answer) asker?.resolve(null)
      else asker?.reject(new Error(answer.failed))
      if (this.#waiting.size === 0) this.#worker.unref()
    })
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#fail(new Error('the thread of the check ended')))
  }

  check(subject: Subject, texts: Texts, expected: string | null): Promise<Base | null> {
    this.#count += 1
    const { promise, resolve, reject } = Promise.withResolvers<Base | null>()
    this.#waiting.set(this.#count, { resolve, reject })
    this.#worker.ref()
    this.#worker.postMessage({ id: this.#count, subject, texts, expected } satisfies WholeRequest)
    return promise
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
