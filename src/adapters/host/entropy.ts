// Real chance, from the system's generator. Invariant: every outcome is equally likely; ids carry 130 bits and fit in a
// NATS subject, a file name and a container name. It keeps no state.

import { randomBytes } from 'node:crypto'
import type { Entropy } from '../../server/index.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 22

export const systemEntropy: Entropy = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => {
    const bits = randomBytes(8).readBigUInt64LE() >> 11n
    return Number(bits) / 2 ** 53
  },
  id,
}

function id(): string {
  let text = ''
  while (text.length < idLength)
    for (const byte of randomBytes(2 * idLength)) {
      // Bytes past the last whole multiple of the alphabet would favour its first letters.
      if (byte >= 4 * alphabet.length || text.length === idLength) continue
      text += alphabet.charAt(byte % alphabet.length)
    }
  return text
}
