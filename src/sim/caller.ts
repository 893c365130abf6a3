// Whoever asks the leader, as the command line does: requests of the API, and readers of logs. Invariant: it knows of
// the cluster only what it is answered.

import { apiReply, decodeJson, encodeJson, Fault, logChunk, subjects } from '../model/index.ts'
import type { ApiOperation, Duration } from '../model/index.ts'
import type { SimBus, SimConnection } from './bus.ts'
import type { Chance } from './chance.ts'

export interface SimReader {
  readonly lines: string[]
  chunks: number
  end: { readonly error: string | null } | null
  readonly close: () => void
}

export class Caller {
  readonly #bus: SimBus
  readonly #chance: Chance
  readonly #connection: SimConnection

  constructor(bus: SimBus, chance: Chance) {
    this.#bus = bus
    this.#chance = chance
    this.#connection = bus.connect('client')
  }

  /** Throws a `Fault` when the leader refuses, `BusError` when nobody answers. */
  async send(operation: ApiOperation, request: unknown, timeoutMs: Duration): Promise<unknown> {
    const subject = subjects.api('admin', operation)
    const answer = await this.#connection.request(subject, encodeJson(request), { timeoutMs })
    const reply = apiReply.parse(decodeJson(answer))
    if (reply.ok) return reply.value
    const { what, why, fix } = reply.error
    throw new Fault({
      what,
      ...(why === undefined ? {} : { why }),
      ...(fix === undefined ? {} : { fix }),
    })
  }

  /** Reads the logs of a task that is on a node. */
  readLogs(task: string, node: string, wish: { follow: boolean; tail: number | null }): SimReader {
    const stream = `stream${this.#chance.between(1e6, 9e6)}`
    const connection = this.#bus.connect('client')
    const reader: SimReader = { lines: [], chunks: 0, end: null, close: () => connection.close() }
    connection.serve(subjects.stream(node, stream), async ({ data }) => {
      const chunk = logChunk.parse(decodeJson(data))
      reader.chunks += 1
      reader.lines.push(...chunk.lines.map((line) => line.text))
      reader.end ??= chunk.end
      return encodeJson({ ok: true })
    })
    void this.send('logs', { task, stream, ...wish }, 5000)
    return reader
  }
}
