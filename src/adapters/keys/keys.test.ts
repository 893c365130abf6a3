// Keys and what is sealed with them: opened by the right one only, and any change noticed.
import { chmod, chown, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCurve } from '@nats-io/nkeys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createClusterKey,
  createNodeKeys,
  createSealOpener,
  createUserKeys,
  createVault,
  readUserKeys,
} from './index.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-keys-'))
})
afterEach(() => rm(folder, { recursive: true }))

const secret = new TextEncoder().encode('correct horse battery staple')

/** The text with one bit of its bytes changed. */
function flip(base64: string, bit: number): string {
  const bytes = Buffer.from(base64, 'base64')
  const at = bit >> 3
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
  return bytes.toString('base64')
}

describe('the vault', () => {
  const vault = createVault(randomBytes(32))

  test('opens what it sealed, and a second vault with the same key does too', () => {
    const key = randomBytes(32)
    for (const plain of [secret, new Uint8Array(0), randomBytes(65536)]) {
      const sealed = createVault(key).seal(plain)
      expect(Buffer.from(createVault(key).open(sealed)).equals(plain)).toBe(true)
    }
  })

  test('no two seals of one value are alike, and neither holds it', () => {
    const [a, b] = [vault.seal(secret), vault.seal(secret)]
    expect(a.dataKey).not.toBe(b.dataKey)
    expect(a.ciphertext).not.toBe(b.ciphertext)
    expect(Buffer.from(a.ciphertext, 'base64').includes(Buffer.from(secret))).toBe(false)
  })

  test('refuses a value under another key, and one with any bit changed or parts exchanged', () => {
    const sealed = vault.seal(secret)
    expect(() => createVault(randomBytes(32)).open(sealed)).toThrow('sealed under another cluster key')
    for (let bit = 0; bit < Buffer.from(sealed.dataKey, 'base64').length * 8; bit++)
      expect(() => vault.open({ ...sealed, dataKey: flip(sealed.dataKey, bit) })).toThrow()
    for (let bit = 0; bit < Buffer.from(sealed.ciphertext, 'base64').length * 8; bit++)
      expect(() => vault.open({ ...sealed, ciphertext: flip(sealed.ciphertext, bit) })).toThrow()
    const other = vault.seal(secret)
    expect(() => vault.open({ ...sealed, dataKey: other.dataKey })).toThrow('was changed')
    expect(() => vault.open({ dataKey: '', ciphertext: '' })).toThrow()
    expect(() => vault.open({ ...sealed, ciphertext: sealed.ciphertext.slice(0, 20) })).toThrow('cut short')
  })
})

describe('sealing to a node', () => {
  const vault = createVault(randomBytes(32))

  test('the node it is meant for opens it, another does not, and a change is noticed', async () => {
    const node = await createNodeKeys(join(folder, 'n1'))
    const other = await createNodeKeys(join(folder, 'n2'))
    const sealed = vault.sealTo(node.sealKey, secret)
    const opener = createSealOpener(node.sealSeed)
    expect(opener.publicKey).toBe(node.sealKey)
    expect(Buffer.from(opener.open(sealed)).equals(secret)).toBe(true)
    expect(() => createSealOpener(other.sealSeed).open(sealed)).toThrow('meant for another node')
    const bits = Buffer.from(sealed, 'base64').length * 8
    for (let bit = 0; bit < bits; bit += 7) expect(() => opener.open(flip(sealed, bit))).toThrow()
    expect(() => opener.open('')).toThrow('not a sealed value')
    expect(vault.sealTo(node.sealKey, secret)).not.toBe(sealed)
  })

  test('refuses a key that is not one to seal to', () => {
    expect(() => vault.sealTo('XNOTAKEY', secret)).toThrow()
    const key = createCurve().getPublicKey()
    expect(() => vault.sealTo(key.replace(/.$/, key.endsWith('A') ? 'B' : 'A'), secret)).toThrow()
  })
})

describe('key files', () => {
  test('are made once, for their owner alone, and read afterwards', async () => {
    const path = join(folder, 'admin.nk')
    expect(await readUserKeys(path)).toBeNull()
    const made = await createUserKeys(path)
    expect(made.publicKey).toMatch(/^U[A-Z2-7]{55}$/)
    expect(await createUserKeys(path)).toEqual(made)
    expect(await readUserKeys(path)).toEqual(made)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const node = await createNodeKeys(join(folder, 'node'))
    expect(node.sealKey).toMatch(/^X/)
    expect(await readdir(join(folder, 'node'))).toEqual(['seal.nk', 'user.nk'])
    expect(await createNodeKeys(join(folder, 'node'))).toEqual(node)
    const cluster = await createClusterKey(join(folder, 'cluster.key'))
    expect(await createClusterKey(join(folder, 'cluster.key'))).toEqual(cluster)
    expect(Buffer.from(cluster).equals(await readFile(join(folder, 'cluster.key')))).toBe(true)
  })

  test('several that make the same key at once have the same', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => createUserKeys(join(folder, 'x.nk'))))
    expect(new Set(keys.map(({ seed }) => seed)).size).toBe(1)
  })

  test('that others may read, that are links, or that belong to another, are refused with the remedy', async () => {
    const path = join(folder, 'admin.nk')
    await createUserKeys(path)
    await chmod(path, 0o640)
    await expect(createUserKeys(path)).rejects.toThrow(
      `the user key in ${path} cannot be used: others may read it (mode 640); chmod 600 ${path}`,
    )
    await chmod(path, 0o600)
    await symlink(path, join(folder, 'link.nk'))
    await expect(createUserKeys(join(folder, 'link.nk'))).rejects.toThrow('cannot be used')
    if (process.geteuid?.() !== 0) return
    await chown(path, 1234, 1234)
    await expect(createUserKeys(path)).rejects.toThrow('it belongs to user 1234, not to user 0 who runs this')
  })

  test.each([
    ['not a seed', 'SUNOTASEED', 'it is not a seed'],
    ['nothing', '', 'it is not a seed'],
    ['a curve seed', Buffer.from(createCurve().getSeed()).toString(), 'it is a key of another kind'],
  ])('with %s in them are damaged, and never overwritten', async (_, content, why) => {
    const path = join(folder, 'admin.nk')
    await writeFile(path, content, { mode: 0o600 })
    await expect(createUserKeys(path)).rejects.toThrow(`the user key in ${path} is damaged: ${why}`)
    expect(await readFile(path, 'utf8')).toBe(content)
  })

  test('a cluster key of another length is damaged', async () => {
    await writeFile(join(folder, 'cluster.key'), 'short', { mode: 0o600 })
    await expect(createClusterKey(join(folder, 'cluster.key'))).rejects.toThrow('it has 5 bytes and not 32')
  })
})
