// A server's own copy of the log: one file that only grows at its end. Invariant: `append` resolves when the records are
// on the disk, and `load` gives exactly a whole beginning of what was appended, whatever happened to the file. Whether
// that beginning is the true log is for the chain of digests to say, in server/log.ts. One process may have it open.

import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assert } from '../../model/index.ts'
import type { Bytes, Seq } from '../../model/index.ts'
import type { LogCopy, StoredRecord } from '../../server/index.ts'
import { privateMode, syncFolder, writeFault } from './atomic.ts'
import { checksumOf, decodeHead, encodeFrames, headBytes } from './frame.ts'

/** What is read of the file at a time. */
const chunkBytes: Bytes = 1024 * 1024

/** Opens the copy, or begins one. `load` comes first. A `Fault` when the file cannot be opened. */
export async function openLogCopy(path: string): Promise<LogCopy> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, privateMode)
    await syncFolder(dirname(path))
    return new FileLogCopy(path, file)
  } catch (error) {
    throw writeFault(path, error)
  }
}

/** How far the file is whole. */
interface Extent {
  readonly last: Seq
  readonly end: Bytes
  readonly damage: string | null
}

class FileLogCopy implements LogCopy {
  readonly #path: string
  readonly #file: FileHandle
  /** Null until the file was read. */
  #extent: Extent | null = null
  /** Why nothing can be written any more. */
  #broken: unknown = null
  /** Calls wait for the one before them. */
  #turn: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | null = null

  constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  load(): Promise<{ readonly records: readonly StoredRecord[]; readonly damage: string | null }> {
    return this.#inTurn(async () => {
      const records: StoredRecord[] = []
      this.#extent = await scan(this.#file, (record) => {
        records.push(record)
        return true
      })
      return { records, damage: this.#extent.damage }
    })
  }

  append(records: readonly StoredRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      const extent = this.#whole('append to')
      let last = extent.last
      for (const { seq } of records) {
        assert(
          last === 0 ? seq > 0 : seq === last + 1,
          () => `record ${seq} after record ${last} of the copy`,
        )
        last = seq
      }
      const bytes = encodeFrames(records)
      await this.#write(bytes, extent.end)
      this.#extent = { last, end: extent.end + bytes.length, damage: null }
    })
  }

  truncate(last: Seq): Promise<void> {
    return this.#inTurn(async () => {
      const kept = last === 0 ? { last: 0, end: 0 } : await scan(this.#file, ({ seq }) => seq <= last)
      assert(kept.last === last, () => `the copy holds no record ${last} to be cut after`)
      try {
        await this.#file.truncate(kept.end)
        await this.#file.sync()
      } catch (error) {
        this.#broken = error
        throw writeFault(this.#path, error)
      }
      this.#extent = { last, end: kept.end, damage: null }
    })
  }

  close(): Promise<void> {
    this.#closed ??= this.#turn.then(() => this.#file.close())
    return this.#closed
  }

  /** The extent when records may follow it. */
  #whole(verb: string): Extent {
    const extent = this.#extent
    assert(extent !== null, () => `cannot ${verb} a copy that was not loaded`)
    assert(extent.damage === null, () => `cannot ${verb} a damaged copy: ${extent.damage ?? ''}`)
    return extent
  }

  async #write(bytes: Buffer, at: Bytes): Promise<void> {
    if (this.#broken !== null) throw writeFault(this.#path, this.#broken)
    try {
      for (let done = 0; done < bytes.length;)
        done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
    } catch (error) {
      // A full disk is no harm yet: the half of a record is taken away, and the next try begins at the same place.
      await this.#file.truncate(at).catch((second: unknown) => (this.#broken = second))
      throw writeFault(this.#path, error)
    }
    try {
      await this.#file.datasync()
    } catch (error) {
      // After a failed sync the kernel may have dropped the data and call the next sync a success (fsyncgate): only a
      // new start, which reads what is really there, makes this file trustworthy again.
      this.#broken = error
      throw writeFault(this.#path, error)
    }
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    assert(this.#closed === null, () => `the copy of the log is closed`)
    const result = this.#turn.then(act)
    this.#turn = result.catch(() => undefined) // whoever asked for it has the failure
    return result
  }
}

/** Gives the records in order until one is not whole or `take` refuses one; the extent ends before that. */
async function scan(file: FileHandle, take: (record: StoredRecord) => boolean): Promise<Extent> {
  const reader = new ChunkReader(file, (await file.stat()).size)
  let last: Seq = 0
  let at: Bytes = 0
  const damaged = (what: string): Extent => ({ last, end: at, damage: `at byte ${at}: ${what}` })
  while (at < reader.size) {
    const head = await reader.read(at, headBytes)
    if (head === null) return damaged('the file ends inside the head of a record')
    const decoded = decodeHead(head)
    if (typeof decoded === 'string') return damaged(decoded)
    const bytes = await reader.read(at + headBytes, decoded.length)
    if (bytes === null) return damaged(`the file ends inside record ${decoded.seq}`)
    if (checksumOf(head, bytes) !== decoded.checksum)
      return damaged(`record ${decoded.seq} fails its checksum`)
    if (last !== 0 && decoded.seq !== last + 1)
      return damaged(`record ${decoded.seq} stands where ${last + 1} belongs`)
    if (!take({ seq: decoded.seq, bytes })) break
    last = decoded.seq
    at += headBytes + decoded.length
  }
  return { last, end: at, damage: null }
}

/** Reads a file forwards in chunks; what it gives are views of them. */
class ChunkReader {
  readonly size: Bytes
  readonly #file: FileHandle
  #chunk = Buffer.alloc(0)
  #start: Bytes = 0

  constructor(file: FileHandle, size: Bytes) {
    this.#file = file
    this.size = size
  }

  /** Null when the file ends before. */
  async read(at: Bytes, length: Bytes): Promise<Buffer | null> {
    if (at + length > this.size) return null
    if (at < this.#start || at + length > this.#start + this.#chunk.length) {
      const chunk = Buffer.allocUnsafe(Math.min(Math.max(length, chunkBytes), this.size - at))
      let filled = 0
      while (filled < chunk.length) {
        const { bytesRead } = await this.#file.read(chunk, filled, chunk.length - filled, at + filled)
        if (bytesRead === 0) return null
        filled += bytesRead
      }
      this.#chunk = chunk
      this.#start = at
    }
    return this.#chunk.subarray(at - this.#start, at - this.#start + length)
  }
}
