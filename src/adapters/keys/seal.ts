// Sealing a value to one node: an xkeys box (X25519, XSalsa20, Poly1305) from a key that exists for one process only to
// the node's curve key. Invariant: only the owner of the private half reads it, and any change is noticed. It does not
// say who sealed: that nobody but a server may send to a node is what the subjects' permissions hold.
//
//   0   1  format, 1        1  56  public key of the sender, as xkeys write it        57  the box, as xkeys write it

import { createCurve, fromCurveSeed } from '@nats-io/nkeys'
import type { KeyPair } from '@nats-io/nkeys'
import type { SealOpener } from '../files/index.ts'

const format = 1
const publicKeyBytes = 56

export interface Sealer {
  /** Base64. Throws when `sealKey` is not the public half of a curve key. */
  sealTo(sealKey: string, plain: Uint8Array): string
}

/**
 * One sender key serves the whole process: a key for every value would double the cost (1.3 against 0.6 ms), and who
 * can read this process's memory has the cluster key anyway.
 */
export function createSealer(): Sealer {
  const sender: KeyPair = createCurve()
  const head = Buffer.concat([Buffer.from([format]), Buffer.from(sender.getPublicKey())])
  return {
    sealTo: (sealKey, plain) => Buffer.concat([head, sender.seal(plain, sealKey)]).toString('base64'),
  }
}

/** Opens what was sealed to the owner of a curve seed (`SX…`). */
export function createSealOpener(seed: string): SealOpener {
  const own = fromCurveSeed(Buffer.from(seed))
  return {
    publicKey: own.getPublicKey(),
    open: (sealed) => {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes[0] !== format || bytes.length <= 1 + publicKeyBytes)
        throw new Error('not a sealed value that this version knows')
      const sender = bytes.toString('latin1', 1, 1 + publicKeyBytes)
      const plain = openBox(own, bytes.subarray(1 + publicKeyBytes), sender)
      if (plain === null) throw new Error('the sealed value was changed, or is meant for another node')
      return plain
    },
  }
}

/** Null when the box does not open; the library throws for some reasons and gives null for others. */
function openBox(own: KeyPair, box: Uint8Array, sender: string): Uint8Array | null {
  try {
    return own.open(box, sender)
  } catch {
    return null
  }
}
