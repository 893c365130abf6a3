// From a container's log to lines: frames of stdout and stderr are taken apart, and pieces of one line that came
// in several frames are put together. Invariant: no byte is lost and none is held beyond the bounds, whatever the
// container writes; a line longer than the limit comes out as several, cut between two characters.
//
// Not done by dockerode's `demuxStream`: it calls itself twice a frame, which for 7,000 frames in one part of 64 KiB
// (a program that writes byte by byte) is more than the stack holds, copies the rest of the part for each (6.5 MB in
// frames of 100 bytes: 2.8 s, 0.2 s here), holds a frame until it is whole, and writes on without waiting for a reader.

import type Docker from 'dockerode'
import type { LogLine } from '../../agent/index.ts'

export const logLimits = {
  /** Bytes of one line; the engine itself cuts at 16 KiB. */
  lineBytes: 16 * 1024,
  /** Lines of one batch. */
  batchLines: 500,
} as const

/** A frame begins with one byte for its stream, three of zero, and its length (big-endian). */
const headerBytes = 8
/** `2026-01-01T00:00:00.000000000Z ` stands before each piece. */
const stampPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) /
const stampLimit = 40
const newline = 0x0a

interface Modem {
  dial(options: object, done: (error: Error | null, answer: unknown) => void): void
}

/**
 * The log as a stream, with time stamps. Dockerode's `logs` gives one that is not followed as a single buffer, however
 * long it is, so the request is made by what lies below it. `id` is escaped.
 */
export function openLog(
  docker: Docker,
  id: string,
  options: { readonly follow: boolean; readonly tail: number | 'all' },
): Promise<unknown> {
  const { modem } = docker as { modem: Modem } // the types of dockerode leave it open
  const query = { stdout: true, stderr: true, timestamps: true, ...options }
  return new Promise((resolve, reject) => {
    modem.dial(
      {
        ...{ method: 'GET', path: `/containers/${id}/logs?`, options: query },
        ...{ isStream: true, statusCodes: { 200: true } },
      },
      (error, stream) => (error ? reject(error) : resolve(stream)),
    )
  })
}

type Source = LogLine['source']

/** A line that is not finished. */
interface Draft {
  at: string
  parts: Uint8Array[]
  bytes: number
}

export class LogSplitter {
  readonly #drafts: Record<Source, Draft> = {
    stdout: { at: '', parts: [], bytes: 0 },
    stderr: { at: '', parts: [], bytes: 0 },
  }
  #header: number[] = []
  #source: Source = 'stdout'
  /** Bytes of the current frame that have not come yet. */
  #left = 0
  /** The beginning of a frame, until its time stamp is complete. */
  #stamp: Uint8Array | null = null
  #lines: LogLine[] = []

  /** What has become complete with this part of the stream. */
  push(part: Uint8Array): LogLine[] {
    let at = 0
    while (at < part.length) {
      if (this.#left === 0) {
        const byte = part[at++]
        if (byte !== undefined) this.#header.push(byte)
        if (this.#header.length === headerBytes) this.#beginFrame()
        continue
      }
      const piece = part.subarray(at, at + this.#left)
      at += piece.length
      this.#left -= piece.length
      this.#takePiece(piece)
    }
    return this.#take()
  }

  /** What was begun and will not be finished. */
  end(): LogLine[] {
    this.#finishStamp()
    for (const source of ['stdout', 'stderr'] as const) if (this.#drafts[source].bytes > 0) this.#emit(source)
    return this.#take()
  }

  #beginFrame(): void {
    const [stream = 0, , , , a = 0, b = 0, c = 0, d = 0] = this.#header
    this.#header = []
    this.#source = stream === 2 || stream === 3 ? 'stderr' : 'stdout'
    this.#left = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
    this.#stamp = new Uint8Array(0)
  }

  #takePiece(piece: Uint8Array): void {
    if (this.#stamp === null) {
      this.#takeText(piece)
      return
    }
    this.#stamp = Buffer.concat([this.#stamp, piece])
    if (this.#stamp.length >= stampLimit || this.#left === 0) this.#finishStamp()
  }

  #finishStamp(): void {
    if (this.#stamp === null) return
    const bytes = this.#stamp
    this.#stamp = null
    const match = stampPattern.exec(Buffer.from(bytes.subarray(0, stampLimit)).toString('latin1'))
    const draft = this.#drafts[this.#source]
    if (match?.[1] !== undefined) {
      // A line that came in several frames is as old as its first.
      if (draft.bytes === 0) draft.at = match[1]
      this.#takeText(bytes.subarray(match[0].length))
    } else this.#takeText(bytes)
  }

  #takeText(bytes: Uint8Array): void {
    const source = this.#source
    let at = 0
    while (at < bytes.length) {
      const end = bytes.indexOf(newline, at)
      const piece = bytes.subarray(at, end === -1 ? bytes.length : end)
      this.#append(source, piece)
      if (end === -1) return
      this.#emit(source)
      at = end + 1
    }
  }

  #append(source: Source, piece: Uint8Array): void {
    const draft = this.#drafts[source]
    let rest = piece
    while (draft.bytes + rest.length > logLimits.lineBytes) {
      const text = Buffer.concat([...draft.parts, rest])
      const cut = cutBetweenCharacters(text, logLimits.lineBytes)
      draft.parts = [text.subarray(0, cut)]
      draft.bytes = cut
      this.#emit(source)
      rest = text.subarray(cut)
    }
    if (rest.length === 0) return
    draft.parts.push(Uint8Array.from(rest)) // the part of the stream it lies in is not kept alive
    draft.bytes += rest.length
  }

  #emit(source: Source): void {
    const draft = this.#drafts[source]
    this.#lines.push({ at: draft.at, source, text: Buffer.concat(draft.parts).toString('utf8') })
    draft.parts = []
    draft.bytes = 0
  }

  #take(): LogLine[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }
}

/** The last place at or before `limit` that is not inside a UTF-8 sequence; bytes that are no UTF-8 are cut anywhere. */
function cutBetweenCharacters(text: Uint8Array, limit: number): number {
  for (let cut = limit; cut > limit - 4; cut -= 1) if (((text[cut] ?? 0) & 0xc0) !== 0x80) return cut
  return limit
}

/** In slices that fit into a message. */
export function* batches(lines: readonly LogLine[]): Generator<readonly LogLine[], void> {
  for (let at = 0; at < lines.length; at += logLimits.batchLines)
    yield lines.slice(at, at + logLimits.batchLines)
}
