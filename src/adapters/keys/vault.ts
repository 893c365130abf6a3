// Secrets at rest: each value under a data key of its own, the data key under the cluster key (envelope encryption,
// AES-256-GCM). Invariant: without the cluster key nothing is read, a changed or exchanged part is noticed, and no two
// values share a key. Who may ask for a secret is not decided here.
//
// `dataKey`:    format 1 · first 8 bytes of SHA-256 of the cluster key · nonce 12 · the data key · tag 16
// `ciphertext`: format 1 · nonce 12 · the value · tag 16

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { assert } from '../../model/index.ts'
import type { SealedValue } from '../../model/index.ts'
import type { Vault } from '../../server/index.ts'
import { createSealer } from './seal.ts'

export const clusterKeyBytes = 32

const format = 1
const nonceBytes = 12
const tagBytes = 16
const keyIdBytes = 8

/** What a part is for is authenticated with it, so that one cannot stand in for the other. */
const purposes = { dataKey: Buffer.from('gantry data key'), value: Buffer.from('gantry secret') }

export function createVault(clusterKey: Uint8Array): Vault {
  assert(clusterKey.length === clusterKeyBytes, () => `a cluster key of ${clusterKey.length} bytes`)
  const key = Buffer.from(clusterKey)
  const keyId = createHash('sha256').update(key).digest().subarray(0, keyIdBytes)
  const sealer = createSealer()
  return {
    sealTo: (sealKey, plain) => sealer.sealTo(sealKey, plain),
    seal: (plain): SealedValue => {
      const dataKey = randomBytes(32)
      const sealed = {
        dataKey: Buffer.concat([Buffer.from([format]), keyId, encrypt(key, dataKey, purposes.dataKey)]),
        ciphertext: Buffer.concat([Buffer.from([format]), encrypt(dataKey, plain, purposes.value)]),
      }
      dataKey.fill(0)
      return { dataKey: sealed.dataKey.toString('base64'), ciphertext: sealed.ciphertext.toString('base64') }
    },
    open: (value) => {
      const wrapped = Buffer.from(value.dataKey, 'base64')
      const ciphertext = Buffer.from(value.ciphertext, 'base64')
      if (wrapped[0] !== format || ciphertext[0] !== format)
        throw new Error('the secret is sealed in a format that this version does not know')
      if (!wrapped.subarray(1, 1 + keyIdBytes).equals(keyId))
        throw new Error('the secret is sealed under another cluster key')
      const dataKey = decrypt(key, wrapped.subarray(1 + keyIdBytes), purposes.dataKey)
      const plain = decrypt(dataKey, ciphertext.subarray(1), purposes.value)
      dataKey.fill(0)
      return new Uint8Array(plain)
    },
  }
}

function encrypt(key: Buffer, plain: Uint8Array, purpose: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(purpose)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Buffer, sealed: Buffer, purpose: Buffer): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new Error('the secret is cut short')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
    .setAAD(purpose)
    .setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch (error) {
    throw new Error('the secret was changed since it was sealed', { cause: error })
  }
}
