// Streams of log lines to whoever asked. Each chunk is a request, so that a slow reader slows the stream down and one
// that is gone ends it. Invariant: a bounded number of streams, of lines and of bytes in a chunk; a follower of a task
// goes on with its next container when one ends. It keeps no logs: they are the engine's.

import { BusError, decodeJson, encodeJson, logsRequest, messageOf, subjects } from '../model/index.ts'
import type { Bus, BusSubscription, Clock, LogChunk, LogsRequest, Logger } from '../model/index.ts'
import type { Crew } from './crew.ts'
import { newestOf } from './decide.ts'
import type { Inventory } from './inventory.ts'
import type { Owned } from './naming.ts'
import type { LogLine, Runtime } from './ports.ts'
import { RuntimeFailure } from './ports.ts'

export interface LogDeps {
  readonly node: string
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly runtime: Runtime
  readonly crew: Crew
  /** Undefined before it is known whose cluster this is. */
  readonly inventory: () => Inventory | undefined
  /** Whether the task is still to run here, so that another container may follow. */
  readonly isExpected: (task: string) => boolean
}

const streamsAtOnce = 64
const chunkLines = 500
const chunkBytes = 256 * 1024
const answerWithinMs = 10_000
/** A quiet stream asks this often whether the reader is still there. */
const keepAliveMs = 10_000
/** How often a follower looks for the next container of its task. */
const nextContainerMs = 250

type Line = LogChunk['lines'][number]

export class LogStreams {
  readonly #deps: LogDeps
  readonly #open = new Set<string>()

  constructor(deps: LogDeps) {
    this.#deps = deps
  }

  serve(): BusSubscription {
    const { bus, node, crew } = this.#deps
    return bus.serve(subjects.node(node, 'logs'), async ({ data }) => {
      const request = logsRequest.safeParse(decodeJson(data))
      if (!request.success) return encodeJson({ ok: false, reason: 'not a request for logs' })
      const { stream } = request.data
      if (this.#open.has(stream)) return encodeJson({ ok: true })
      const isFull = this.#open.size >= streamsAtOnce
      this.#open.add(stream)
      crew.run(async (signal) => {
        try {
          const error = isFull ? `this host streams ${streamsAtOnce} logs already` : null
          await new LogStream(this.#deps, request.data).run(error, signal)
        } finally {
          this.#open.delete(stream)
        }
      })
      return encodeJson({ ok: true })
    })
  }
}

class LogStream {
  readonly #deps: LogDeps
  readonly #request: LogsRequest
  #number = 0

  constructor(deps: LogDeps, request: LogsRequest) {
    this.#deps = deps
    this.#request = request
  }

  async run(refusal: string | null, signal: AbortSignal): Promise<void> {
    let error = refusal
    try {
      if (error === null) error = await this.#streamTask(signal)
      await this.#send([], { error }, signal)
    } catch (thrown) {
      if (!(thrown instanceof BusError)) throw thrown
      this.#deps.logger.debug(
        { task: this.#request.task, reason: thrown.message },
        'a reader of logs is gone',
      )
    }
  }

  /** Null for a good end, else why there is nothing (more). Throws `BusError` when the reader is gone. */
  async #streamTask(signal: AbortSignal): Promise<string | null> {
    const { task, follow, tail } = this.#request
    let current = this.#newest()
    if (!current && !(follow && this.#deps.isExpected(task))) return `${task} has no container on this host`
    for (let isFirst = true; ; isFirst = false) {
      if (current) {
        const error = await this.#streamContainer(current, isFirst ? tail : null, signal)
        if (error !== null || !follow) return error
      }
      current = await this.#nextAfter(current, signal)
      if (!current) return null
    }
  }

  /** Its newest container that ever ran; one that was not started yet has nothing to say. */
  #newest(): Owned | undefined {
    const containers = this.#deps.inventory()?.of(this.#request.task) ?? []
    return newestOf(containers.filter((each) => each.info.state !== 'created'))
  }

  /** The container that follows; undefined when none will come. */
  async #nextAfter(last: Owned | undefined, signal: AbortSignal): Promise<Owned | undefined> {
    const { clock, isExpected } = this.#deps
    const isNext = (each: Owned | undefined) =>
      each !== undefined && (last === undefined || each.attempt > last.attempt)
    for (let quietMs = 0; ; quietMs += nextContainerMs) {
      const newest = this.#newest()
      if (isNext(newest)) return newest
      if (!isExpected(this.#request.task)) return undefined
      await clock.sleep(nextContainerMs, signal)
      if (quietMs >= keepAliveMs) {
        quietMs = 0
        await this.#send([], null, signal)
      }
    }
  }

  /** Null once the container has ended (or all there is was sent), else why its logs broke off. */
  async #streamContainer(container: Owned, tail: number | null, signal: AbortSignal): Promise<string | null> {
    const { runtime } = this.#deps
    const over = new AbortController()
    const end = () => over.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    const { follow } = this.#request
    const logs = runtime.logs(container.info.id, { follow, tail, signal: over.signal })
    const batches = logs[Symbol.asyncIterator]()
    let next = batches.next()
    try {
      for (;;) {
        const batch = await this.#orQuiet(next, signal)
        if (batch === 'quiet') {
          await this.#send([], null, signal)
          continue
        }
        if (batch.done) return null
        for (const lines of inChunks(batch.value)) await this.#send(lines, null, signal)
        next = batches.next()
      }
    } catch (error) {
      if (error instanceof BusError || signal.aborted) throw error
      // `gone`: removed while it was read; its successor, if any, is next.
      return error instanceof RuntimeFailure && error.kind === 'gone' ? null : messageOf(error)
    } finally {
      signal.removeEventListener('abort', end)
      over.abort()
      // Nobody waits for what still comes of it.
      next.catch(() => undefined)
      batches.return?.().catch(() => undefined)
    }
  }

  async #orQuiet<Batch>(next: Promise<Batch>, signal: AbortSignal): Promise<Batch | 'quiet'> {
    const over = new AbortController()
    const end = () => over.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    try {
      return await Promise.race([
        next,
        this.#deps.clock.sleep(keepAliveMs, over.signal).then((): 'quiet' => 'quiet'),
      ])
    } finally {
      signal.removeEventListener('abort', end)
      over.abort()
    }
  }

  async #send(lines: readonly Line[], end: LogChunk['end'], signal: AbortSignal): Promise<void> {
    const { bus, node } = this.#deps
    const { task, stream } = this.#request
    const chunk: LogChunk = { task, number: this.#number, lines: [...lines], end }
    this.#number += 1
    await bus.request(subjects.stream(node, stream), encodeJson(chunk), { timeoutMs: answerWithinMs, signal })
  }
}

/** In pieces that fit a message; a line that does not is cut into lines that do. */
export function* inChunks(lines: readonly LogLine[]): Generator<Line[]> {
  let chunk: Line[] = []
  let bytes = 0
  for (const line of lines)
    for (const text of pieces(line.text)) {
      // As it is on the wire, where a control character takes six bytes.
      const size = Buffer.byteLength(JSON.stringify(text)) + 100
      if (chunk.length > 0 && (chunk.length >= chunkLines || bytes + size > chunkBytes)) {
        yield chunk
        chunk = []
        bytes = 0
      }
      chunk.push({ at: line.at, source: line.source, text })
      bytes += size
    }
  if (chunk.length > 0) yield chunk
}

/** Of at most 32 Ki UTF-16 units, so that six bytes each stay below the limit of a chunk. */
function* pieces(text: string): Generator<string> {
  const size = 32 * 1024
  if (text.length <= size) {
    yield text
    return
  }
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}
