// The replicated log as one JetStream stream. Invariant: an append carries the sequence it follows, so the server takes
// at most one record for each; what it did not clearly answer is `unknown`, never guessed. It does not trust the store:
// that what is read is what was written is proved by the chain in server/log.ts. Works with nats-server 2.9 and newer.

import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream'
import type { MsgHdrs } from '@nats-io/transport-node'
import { z } from 'zod'
import { BusError, Fault, decodeJson, exitCodes, messageOf } from '../../model/index.ts'
import type { Bytes, Duration, Seq } from '../../model/index.ts'
import type { AppendResult, LogStore, StoredRecord } from '../../server/index.ts'
import { headersOf } from './connection.ts'
import type { Connection } from './connection.ts'
import { logStream, logSubject } from './identity.ts'
import { tailStream } from './log-tail.ts'

/** How long the store may take to answer. Longer than a flush to a slow disk, shorter than anybody's patience. */
const answerWithinMs: Duration = 3000

const expectedHeader = 'Nats-Expected-Last-Sequence'

const appendReply = z.looseObject({
  stream: z.string().optional(),
  seq: z.int().nonnegative().optional(),
  error: z.looseObject({ err_code: z.int().optional(), description: z.string().optional() }).optional(),
})

/** Another record came first. The second is what newer servers say when they do not know the last sequence. */
const conflictCodes: readonly (number | undefined)[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]

/** What the stream must be for the log to be the log; the rest of its settings may differ. */
const streamSettings = {
  name: logStream,
  subjects: [logSubject],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  // When the store is full, new records are refused: an old one is never dropped to make room.
  discard: DiscardPolicy.New,
  max_msgs: -1,
  max_bytes: -1,
  max_age: 0,
  max_msgs_per_subject: -1,
  deny_delete: true,
  deny_purge: true,
} as const satisfies Partial<StreamConfig>

export interface LogStoreOptions {
  /** How many NATS servers keep the stream when it is made; default 1. */
  readonly replicas?: number
}

export class JetStreamLog implements LogStore {
  readonly #connection: Connection
  readonly #replicas: number
  #manager: JetStreamManager | null = null
  /** The connection over which the stream was last seen to be there and as it must be. */
  #checkedOn: AbortSignal | null = null
  #checking: Promise<void> | null = null

  constructor(connection: Connection, { replicas = 1 }: LogStoreOptions = {}) {
    this.#connection = connection
    this.#replicas = replicas
  }

  /** What a record may hold at most: the server's `max_payload` less the headers of an append. */
  get recordLimit(): Bytes {
    return this.#connection.maxPayload - 64
  }

  async append(bytes: Uint8Array, expectedLast: Seq): Promise<AppendResult> {
    const limit = this.recordLimit
    if (bytes.length > limit)
      return {
        ok: false,
        reason: 'too-large',
        message: `${bytes.length} bytes, and the NATS server takes at most ${limit} for one record`,
      }
    try {
      await this.#ready()
      const headers = headersOf({ [expectedHeader]: String(expectedLast) })
      return this.#outcome(await this.#publish(bytes, headers))
    } catch (error) {
      if (error instanceof Fault) throw error
      return { ok: false, reason: 'unknown', message: messageOf(error) }
    }
  }

  async bounds(): Promise<{ readonly first: Seq; readonly last: Seq }> {
    await this.#ready()
    const { state } = await this.#ask((manager) => manager.streams.info(logStream))
    return state.last_seq === 0 ? { first: 0, last: 0 } : { first: state.first_seq, last: state.last_seq }
  }

  async *tail(from: Seq, signal: AbortSignal): AsyncGenerator<StoredRecord, void> {
    if (signal.aborted) return
    const { first, last } = await this.bounds()
    if (from > last + 1)
      throw new Error(`the log in the store ends at ${last}; record ${from} cannot be next`)
    if (from < first) throw new Error(`the log in the store begins at ${first}; record ${from} is gone`)
    yield* tailStream(this.#connection, await this.#jetstream(), from, signal)
  }

  async #publish(bytes: Uint8Array, headers: MsgHdrs): Promise<Uint8Array> {
    try {
      const answer = await this.#connection.request(logSubject, bytes, { timeoutMs: answerWithinMs, headers })
      return answer.data
    } catch (error) {
      if (error instanceof BusError && error.failure === 'denied') throw noRight(error)
      // Nobody takes records: the stream may be gone, and is looked for before the next append.
      if (error instanceof BusError && error.failure === 'no-responders') this.#checkedOn = null
      throw error
    }
  }

  #outcome(answer: Uint8Array): AppendResult {
    const reply = appendReply.safeParse(decodeJson(answer))
    if (!reply.success)
      return { ok: false, reason: 'unknown', message: 'the store gave an answer that is none' }
    const { stream, seq = 0, error } = reply.data
    if (error) {
      if (conflictCodes.includes(error.err_code)) return { ok: false, reason: 'conflict' }
      return { ok: false, reason: 'unknown', message: error.description ?? 'the store refused a record' }
    }
    if (stream !== logStream)
      throw new Fault({
        what: `records of the log went to the stream ${stream ?? 'without a name'}`,
        why: `another stream takes ${logSubject}`,
        fix: 'give gantry a NATS account of its own',
      })
    return { ok: true, seq }
  }

  /** Makes the stream, or checks the one that is there, once for each connection. */
  async #ready(): Promise<void> {
    const { line } = this.#connection
    if (this.#checkedOn === line) return
    this.#checking ??= this.#ensureStream()
      .then(() => {
        this.#checkedOn = line
      })
      .finally(() => {
        this.#checking = null
      })
    await this.#checking
  }

  async #ensureStream(): Promise<void> {
    const info = await this.#ask((manager) => manager.streams.info(logStream)).catch((error: unknown) => {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return null
      throw error
    })
    if (info === null) {
      const settings = {
        ...streamSettings,
        subjects: [...streamSettings.subjects],
        num_replicas: this.#replicas,
      }
      await this.#ask((manager) => manager.streams.add(settings))
      return
    }
    const config: Readonly<Record<string, unknown>> = { ...info.config }
    const wrong = Object.entries(streamSettings).filter(
      ([name, value]) => JSON.stringify(config[name]) !== JSON.stringify(value),
    )
    if (wrong.length === 0) return
    const list = wrong.map(
      ([name, value]) => `${name} is ${JSON.stringify(config[name])}, not ${JSON.stringify(value)}`,
    )
    throw new Fault({
      what: `the stream ${logStream} cannot hold the log`,
      why: list.join(', '),
      fix: 'give gantry a NATS account of its own; it makes the stream itself',
    })
  }

  async #ask<Answer>(question: (manager: JetStreamManager) => Promise<Answer>): Promise<Answer> {
    const manager = await this.#jetstream()
    return this.#connection.whileUp(question(manager))
  }

  async #jetstream(): Promise<JetStreamManager> {
    this.#manager ??= await jetstreamManager(this.#connection.nats, {
      checkAPI: false,
      timeout: answerWithinMs,
    })
    return this.#manager
  }
}

function noRight(cause: BusError): Fault {
  return new Fault(
    {
      what: 'this server may not write the log',
      why: cause.message,
      fix: 'use the key of a server, or put its permissions in the NATS configuration right',
      exit: exitCodes.rights,
    },
    { cause },
  )
}
