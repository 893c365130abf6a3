// The outside of the sandbox: a thread with QuickJS in it, and the deadline. Invariant: whatever the program does, the
// answer comes within the deadline and a short grace, and a thread that had to be ended is never used again.

import { Worker } from 'node:worker_threads'
import { assert } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'
import { isFromSource } from '../dsl.ts'
import type { Job, Limits, Message, Outcome } from './job.ts'

export const defaultLimits: Limits = { steps: 2000, memory: 128 * 1024 * 1024 }
export const defaultDeadlineMs: Duration = 10_000

/** Between asking a program to stop and ending the thread: a built-in that loops natively does not hear it. */
const graceMs: Duration = 500
/** Megabytes. QuickJS stops at its own limit long before, in WebAssembly frames that are several times as large. */
const threadStack = 32

export class Sandbox {
  readonly #worker: Worker
  readonly #stopFlag = new Int32Array(new SharedArrayBuffer(4))

  /** Starts the thread, which takes some 40 ms; meanwhile other things can be done. */
  constructor() {
    this.#worker = new Worker(new URL(isFromSource ? './worker.ts' : './worker.js', import.meta.url), {
      workerData: this.#stopFlag.buffer,
      resourceLimits: { stackSizeMb: threadStack },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {},
      stdin: false,
    })
    this.#worker.unref()
  }

  /** Evaluates a program. One at a time. A thread that crashes is a bug of ours and throws. */
  async evaluate(job: Job, deadlineMs: Duration = defaultDeadlineMs): Promise<Outcome> {
    const worker = this.#worker
    worker.ref()
    const finished = Promise.withResolvers<Outcome>()
    let watch = new AbortController()
    const fail = (error: Error): void => finished.reject(error)
    const onMessage = (message: Message): void => {
      if (message.type === 'done') finished.resolve(message.outcome)
      else if (message.type === 'running') {
        watch.abort()
        watch = new AbortController()
        this.#watch(deadlineMs, watch.signal, (outcome) => finished.resolve(outcome))
      }
    }
    worker.on('message', onMessage)
    worker.on('error', fail)
    try {
      worker.postMessage(job)
      return await finished.promise
    } finally {
      watch.abort()
      worker.off('message', onMessage)
      worker.off('error', fail)
      worker.unref()
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #watch(deadlineMs: Duration, over: AbortSignal, stop: (outcome: Outcome) => void): void {
    after(deadlineMs, over, () => {
      Atomics.store(this.#stopFlag, 0, 1)
      after(graceMs, over, () => {
        void this.#worker.terminate()
        stop({ kind: 'failed', failure: { kind: 'deadline', calls: [], stack: '' } })
      })
    })
  }
}

/** A deadline is the outside's business: nothing that is computed depends on it. */
function after(ms: Duration, over: AbortSignal, action: () => void): void {
  assert(ms >= 0 && Number.isFinite(ms), () => `a deadline of ${ms} ms`)
  const timer = AbortSignal.timeout(ms)
  timer.addEventListener('abort', () => {
    if (!over.aborted) action()
  })
}
