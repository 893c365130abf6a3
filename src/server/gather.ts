// Reads a tail of the log ahead of whoever takes from it. Invariant: every record is given once and in order, nothing is
// read any more once it has ended, and what failed is thrown after all that came before. It looks into no record.

import type { Bytes } from '../model/index.ts'
import type { StoredRecord } from './ports.ts'

/** Beyond this much that nobody has taken yet, no more is read. */
const aheadBytes: Bytes = 4 * 1024 * 1024

/** What has come since it was asked last, at least one record, until the tail ends. */
export async function* gather(
  open: (signal: AbortSignal) => AsyncIterable<StoredRecord>,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredRecord[], void> {
  const over = new AbortController()
  let ready: StoredRecord[] = []
  let size: Bytes = 0
  const tail: { end: { readonly failure: unknown } | 'done' | null } = { end: null }
  let news = Promise.withResolvers<undefined>()
  let room = Promise.withResolvers<undefined>()

  const read = async () => {
    for await (const record of open(AbortSignal.any([signal, over.signal]))) {
      ready.push(record)
      size += record.bytes.length
      news.resolve(undefined)
      if (size >= aheadBytes) await room.promise
      if (over.signal.aborted) return
    }
  }
  const reading = read().then(
    () => (tail.end = 'done'),
    (failure: unknown) => (tail.end = { failure }),
  )
  void reading.then(() => news.resolve(undefined))

  try {
    for (;;) {
      await news.promise
      news = Promise.withResolvers()
      const taken = ready
      ready = []
      size = 0
      room.resolve(undefined)
      room = Promise.withResolvers()
      // What came before the end is given first; the next turn finds the end.
      if (tail.end !== null) news.resolve(undefined)
      if (taken.length > 0) yield taken
      else if (tail.end === 'done') return
      else if (tail.end !== null) throw tail.end.failure
    }
  } finally {
    over.abort()
    room.resolve(undefined)
    await reading
  }
}
