// Records of a stream in order, from one on, as they come: a push consumer with flow control and heartbeats that lives
// as long as the reader. Invariant: each record given follows the one before; whenever that is in doubt (a gap, silence,
// a broken connection) it throws, and the reader starts anew from what it has. It never repairs.

import { AckPolicy, DeliverPolicy, ReplayPolicy, jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamManager } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { Msg } from '@nats-io/transport-node'
import { BusError } from '../../model/index.ts'
import type { Duration, Seq } from '../../model/index.ts'
import type { StoredRecord } from '../../server/index.ts'
import type { Connection } from './connection.ts'
import { logStream } from './identity.ts'

/** The server says this often that there is nothing new. */
const heartbeatMs: Duration = 1000
/** Without any message for this long, the consumer is not there any more. */
const silenceMs: Duration = 3 * heartbeatMs
/**
 * How long the first try to make a consumer may take; each further one has as much more. NATS gives a consumer to any of the
 * stream's servers, also to one that died a moment ago, and then nobody answers: of three servers with one cut off, one
 * try in two or three (nats-server 2.9). Another try is as likely to go elsewhere.
 */
const madeWithinMs: Duration = 500
const tries = 6
/** The server forgets a consumer whose reader is gone for this long. */
const forgetAfterMs: Duration = 10_000

const nanosPerMs = 1_000_000
const noBody = new Uint8Array(0)

export async function* tailStream(
  connection: Connection,
  manager: JetStreamManager,
  from: Seq,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord, void> {
  const inbox = new Inbox(connection)
  const { line } = connection
  const stop = () => inbox.wake()
  signal.addEventListener('abort', stop)
  line.addEventListener('abort', stop)
  let consumer: string | null = null
  try {
    consumer = await makeConsumer(connection, inbox.subject, from, signal)
    if (consumer === null) return
    inbox.expect()
    let next = from
    for (;;) {
      if (signal.aborted) return
      // What has arrived before the connection broke is as good as ever, but whoever reads is to know soon.
      if (line.aborted) throw line.reason as BusError // see connection.ts
      const message = inbox.take()
      if (message === undefined) {
        await inbox.wait()
        continue
      }
      const record = readMessage(message, next, (subject) => connection.send(subject, noBody))
      if (record === null) continue
      next = record.seq + 1
      yield record
    }
  } finally {
    signal.removeEventListener('abort', stop)
    line.removeEventListener('abort', stop)
    inbox.close()
    // Only to spare the server: it forgets the consumer by itself.
    if (consumer !== null && connection.isUp)
      manager.consumers.delete(logStream, consumer).catch(() => undefined)
  }
}

/** Its name; null when the signal came first. */
async function makeConsumer(
  connection: Connection,
  inbox: string,
  from: Seq,
  signal: AbortSignal,
): Promise<string | null> {
  for (let count = 1; !signal.aborted; count += 1) {
    const timeout = count * madeWithinMs
    const hasty = await jetstreamManager(connection.nats, { checkAPI: false, timeout })
    try {
      return (await connection.whileUp(hasty.consumers.add(logStream, settings(inbox, from)))).name
    } catch (error) {
      if (!(error instanceof errors.TimeoutError) || count === tries) throw error
    }
  }
  return null
}

function settings(inbox: string, from: Seq) {
  return {
    deliver_subject: inbox,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    replay_policy: ReplayPolicy.Instant,
    ack_policy: AckPolicy.None,
    max_deliver: 1,
    flow_control: true,
    idle_heartbeat: heartbeatMs * nanosPerMs,
    inactive_threshold: forgetAfterMs * nanosPerMs,
    mem_storage: true,
    num_replicas: 1,
  }
}

/** The record, or null when the message is one of the server's own; those are answered in their turn. */
export function readMessage(
  { headers, reply = '', data }: Pick<Msg, 'headers' | 'reply' | 'data'>,
  next: Seq,
  answer: (subject: string) => void,
): StoredRecord | null {
  if (data.length === 0 && headers !== undefined && headers.code !== 0) {
    if (headers.code !== 100) throw new Error(`the store ends the tail of the log: ${headers.description}`)
    // Flow control asks: the answer says that all before it has been taken. A stalled consumer names the question again.
    const stalled = headers.get('Nats-Consumer-Stalled')
    if (reply !== '') answer(reply)
    if (stalled !== '') answer(stalled)
    const delivered = Number(headers.get('Nats-Last-Stream') || 0)
    if (delivered >= next) throw new Error(`record ${next} of the log was sent and did not arrive`)
    return null
  }
  const seq = streamSequence(reply)
  if (seq !== next) throw new Error(`the store gave record ${seq} of the log where ${next} is next`)
  return { seq, bytes: data }
}

/** From `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.…`, which newer servers may begin with domain and account. */
function streamSequence(ack: string): Seq {
  const tokens = ack.split('.')
  const seq = Number(tokens[tokens.length > 9 ? 7 : 5])
  if (!ack.startsWith('$JS.ACK.') || !Number.isSafeInteger(seq))
    throw new Error('the store gave a record without a number')
  return seq
}

/** What has arrived and waits to be read; flow control bounds it. */
class Inbox {
  readonly subject: string
  readonly #close: () => void
  #messages: Msg[] = []
  #taken = 0
  #failure: Error | null = null
  #wake: (() => void) | null = null
  #silence: NodeJS.Timeout | null = null

  constructor(connection: Connection) {
    this.subject = connection.newInbox()
    const subscription = connection.listen(this.subject, (error, message) => {
      if (error) this.#failure = error
      else this.#messages.push(message)
      this.#silence?.refresh()
      this.wake()
    })
    this.#close = () => subscription.unsubscribe()
  }

  /** From now on something has to come within the time that means silence. */
  expect(): void {
    this.#silence = setTimeout(() => this.#fall(), silenceMs)
  }

  take(): Msg | undefined {
    if (this.#failure) throw this.#failure
    const message = this.#messages[this.#taken]
    if (message !== undefined) this.#taken += 1
    else if (this.#taken > 0) {
      this.#messages = []
      this.#taken = 0
    }
    return message
  }

  wait(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  wake(): void {
    this.#wake?.()
    this.#wake = null
  }

  close(): void {
    if (this.#silence !== null) clearTimeout(this.#silence)
    this.#close()
  }

  #fall(): void {
    this.#failure = new BusError('timeout', `the log store has been silent for ${silenceMs} ms`)
    this.wake()
  }
}
