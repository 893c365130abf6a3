// How a record stands in a server's copy of the log: 20 bytes of head, then the record. Invariant: a frame that was
// torn, cut or changed in any bit does not pass as whole. Where frames are kept is log-copy.ts's business.
//
//   0  2  "GR"             8  8  sequence, little-endian
//   2  2  format, 1       16  4  CRC-32 of bytes 0 to 16 and of the record
//   4  4  length          20     the record

import { crc32 } from 'node:zlib'
import { assert } from '../../model/index.ts'
import type { Bytes, Seq } from '../../model/index.ts'
import type { StoredRecord } from '../../server/index.ts'

export const headBytes = 20

/** No record is longer: the bus carries 8 MiB at most. A length above it is damage. */
export const recordLimitBytes: Bytes = 64 * 1024 * 1024

const mark = 0x5247 // "GR" as a little-endian number
const format = 1

export interface FrameHead {
  readonly seq: Seq
  readonly length: Bytes
  readonly checksum: number
}

export function encodeFrames(records: readonly StoredRecord[]): Buffer {
  return Buffer.concat(records.flatMap(({ seq, bytes }) => [headOf(seq, bytes), bytes]))
}

function headOf(seq: Seq, bytes: Uint8Array): Buffer {
  assert(bytes.length <= recordLimitBytes, () => `record ${seq} has ${bytes.length} bytes`)
  const head = Buffer.alloc(headBytes)
  head.writeUInt16LE(mark, 0)
  head.writeUInt16LE(format, 2)
  head.writeUInt32LE(bytes.length, 4)
  head.writeBigUInt64LE(BigInt(seq), 8)
  head.writeUInt32LE(checksumOf(head, bytes), 16)
  return head
}

/** What is wrong with the head, in words that follow "at byte 120: ", or what it says. */
export function decodeHead(head: Buffer): FrameHead | string {
  if (head.readUInt16LE(0) !== mark) return 'no record begins here'
  if (head.readUInt16LE(2) !== format) return `a record of format ${head.readUInt16LE(2)}, which is not known`
  const length = head.readUInt32LE(4)
  if (length > recordLimitBytes) return `a record of ${length} bytes, longer than any can be`
  return { seq: Number(head.readBigUInt64LE(8)), length, checksum: head.readUInt32LE(16) }
}

export function checksumOf(head: Buffer, bytes: Uint8Array): number {
  return crc32(bytes, crc32(head.subarray(0, 16)))
}
