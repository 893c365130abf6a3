// A server's own copy of the log: one file that only grows at its end, and beside it the server's word. Invariant: `append`
// resolves when the records are on the disk, and `load` gives exactly a whole beginning of what was appended, whatever
// happened to the file; what is set aside is on the disk elsewhere before it leaves here. Whether the beginning is the
// true log is for the chain of digests to say, in server/log.ts. One process may have it open.

import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { assert, Fault, messageOf } from '../../model/index.ts'
import type { Bytes, Seq } from '../../model/index.ts'
import type { LoadedCopy, LogCopy, Promised, StoredRecord } from '../../server/index.ts'
import {
  codeOf,
  createFileAtomically,
  privateMode,
  syncFolder,
  writeFault,
  writeFileAtomically,
} from './atomic.ts'
import { checksumOf, decodeHead, encodeFrames, headBytes } from './frame.ts'

/** What is read of the file at a time. */
const chunkBytes: Bytes = 1024 * 1024

/** What `read` gives at once at most, unless a single record is more. */
const readBytes: Bytes = 4 * 1024 * 1024
/** Of so many records one has its place remembered. */
const landmarkEvery = 256

const promisedFile = z.strictObject({ term: z.int().nonnegative(), candidate: z.string() })
const never: Promised = { term: 0, candidate: '' }

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
  /** Where some records begin, in order. */
  #landmarks: { readonly seq: Seq; readonly at: Bytes }[] = []
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

  load(after: Seq = 0): Promise<LoadedCopy> {
    return this.#inTurn(async () => {
      const records: StoredRecord[] = []
      this.#landmarks = []
      this.#extent = await scan(this.#file, 0, (record, at) => {
        this.#note(record.seq, at)
        if (record.seq > after) records.push(record)
        return true
      })
      return { records, damage: this.#extent.damage, promised: await readPromised(this.#promisedPath) }
    })
  }

  read(from: Seq, to: Seq): Promise<readonly StoredRecord[]> {
    return this.#inTurn(async () => {
      const records: StoredRecord[] = []
      let size: Bytes = 0
      const begin = this.#landmarks.findLast(({ seq }) => seq <= from)?.at ?? 0
      await scan(this.#file, begin, (record) => {
        if (record.seq > to || size >= readBytes) return false
        if (record.seq >= from) {
          records.push(record)
          size += record.bytes.length
        }
        return true
      })
      return records
    })
  }

  promise(promised: Promised): Promise<void> {
    return writeFileAtomically(this.#promisedPath, `${JSON.stringify(promised)}\n`)
  }

  setAside(last: Seq): Promise<string> {
    return this.#inTurn(async () => {
      const { end } = this.#whole('take something out of')
      const kept = await this.#extentTo(last)
      const given = Buffer.alloc(end - kept.end)
      for (let done = 0; done < given.length;) {
        const { bytesRead } = await this.#file.read(given, done, given.length - done, kept.end + done)
        assert(bytesRead > 0, () => `${this.#path} ends before byte ${end}`)
        done += bytesRead
      }
      let place = ''
      for (let number = 1, isNew = false; !isNew; number += 1) {
        place = `${this.#path}.given-up-${last + 1}-${number}`
        isNew = await createFileAtomically(place, given)
      }
      await this.#cut(kept)
      return place
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
      let at = extent.end
      for (const record of records) {
        this.#note(record.seq, at)
        at += headBytes + record.bytes.length
      }
      this.#extent = { last, end: extent.end + bytes.length, damage: null }
    })
  }

  truncate(last: Seq): Promise<void> {
    return this.#inTurn(async () => {
      await this.#cut(await this.#extentTo(last))
    })
  }

  close(): Promise<void> {
    this.#closed ??= this.#turn.then(() => this.#file.close())
    return this.#closed
  }

  get #promisedPath(): string {
    return `${this.#path}.promised`
  }

  #note(seq: Seq, at: Bytes): void {
    if (seq % landmarkEvery === 0) this.#landmarks.push({ seq, at })
  }

  async #extentTo(last: Seq): Promise<Omit<Extent, 'damage'>> {
    const kept = last === 0 ? { last: 0, end: 0 } : await scan(this.#file, 0, ({ seq }) => seq <= last)
    assert(kept.last === last, () => `the copy holds no record ${last} to be cut after`)
    return kept
  }

  async #cut({ last, end }: Omit<Extent, 'damage'>): Promise<void> {
    try {
      await this.#file.truncate(end)
      await this.#file.sync()
    } catch (error) {
      this.#broken = error
      throw writeFault(this.#path, error)
    }
    this.#landmarks = this.#landmarks.filter(({ seq }) => seq <= last)
    this.#extent = { last, end, damage: null }
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

/** A word that cannot be read is not taken for none: whoever gives two for one term may lose what was acknowledged. */
async function readPromised(path: string): Promise<Promised> {
  try {
    return promisedFile.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return never
    throw new Fault(
      {
        what: `cannot read the word that this server gave, in ${path}`,
        why: messageOf(error),
        fix: 'put the file back; or remove this server from the cluster and let it join anew',
      },
      { cause: error },
    )
  }
}

/**
 * Gives the records in order from a byte on at which one begins, until one is not whole or `take` refuses one; the extent
 * ends before that.
 */
async function scan(
  file: FileHandle,
  from: Bytes,
  take: (record: StoredRecord, at: Bytes) => boolean,
): Promise<Extent> {
  const reader = new ChunkReader(file, (await file.stat()).size)
  let last: Seq = 0
  let at: Bytes = from
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
    if (!take({ seq: decoded.seq, bytes }, at)) break
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
