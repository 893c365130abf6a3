// The Bus over one NATS connection. Invariant: at most once; without a connection nothing is kept for later, and an
// answer only goes where whoever may ask on the subject gets its answers. It knows nothing of what the messages mean.

import { BusError, messageOf } from '../../model/index.ts'
import type { Bus, BusMessage, BusSubscription } from '../../model/index.ts'
import type { Msg } from '@nats-io/transport-node'
import { systemClock } from '../host/index.ts'
import { headersOf } from './connection.ts'
import type { Connection } from './connection.ts'
import { mayAnswerTo } from './identity.ts'

/** Handlers of one subscription that run at once; messages beyond are dropped, and their askers ask again. */
const handlersLimit = 10_000
/** How often at most it is said that messages are dropped. */
const complainEveryMs = 1000

/** In an answer without a body: why there is none, as a `BusFailure`. */
const failureHeader = 'Gantry-Failure'
const noBody = new Uint8Array(0)

export class NatsBus implements Bus {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async request(
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Uint8Array> {
    const answer = await this.#connection.request(subject, data, options)
    if (answer.headers?.get(failureHeader) === 'too-large')
      throw new BusError('too-large', `the answer on ${subject} is larger than one message may be`)
    return answer.data
  }

  publish(subject: string, data: Uint8Array): void {
    if (this.#connection.isUp) this.#connection.send(subject, data)
  }

  serve(subject: string, handler: (message: BusMessage) => Promise<Uint8Array | null>): BusSubscription {
    const { logger } = this.#connection
    let running = 0
    let dropped = 0
    let complainedAt = -Infinity
    const run = async (message: Msg) => {
      running += 1
      try {
        const answer = await handler({ subject: message.subject, data: message.data })
        if (answer !== null && message.reply) this.#answer(message, answer)
      } catch (error) {
        logger.error({ subject: message.subject, reason: messageOf(error), error }, 'a handler failed: a bug')
      } finally {
        running -= 1
      }
    }
    const drop = () => {
      dropped += 1
      if (systemClock.monotonic() < complainedAt + complainEveryMs) return
      complainedAt = systemClock.monotonic()
      logger.warn({ subject, dropped }, 'too many messages at once; some are dropped')
    }
    const subscription = this.#connection.listen(subject, (error, message) => {
      if (error) logger.error({ subject, reason: error.message }, 'no right to listen here')
      else if (running >= handlersLimit) drop()
      else void run(message) // it reports its own failures
    })
    return { close: () => subscription.unsubscribe() }
  }

  #answer(message: Msg, answer: Uint8Array): void {
    const { subject, reply = '' } = message
    const { logger } = this.#connection
    if (!mayAnswerTo(reply, subject)) {
      logger.warn({ subject, reply }, 'an answer was asked for at a place that is not the asker’s; not sent')
      return
    }
    const isTooLarge = answer.length > this.#connection.maxPayload
    if (isTooLarge) logger.warn({ subject, bytes: answer.length }, 'an answer is too large to be sent')
    try {
      if (isTooLarge)
        this.#connection.send(reply, noBody, { headers: headersOf({ [failureHeader]: 'too-large' }) })
      else this.#connection.send(reply, answer)
    } catch (error) {
      // Without a connection the answer is lost; the asker has been told already.
      if (!(error instanceof BusError)) throw error
    }
  }
}
