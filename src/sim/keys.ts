// Keys that are none: what is sealed in a simulation can be read in it, so that a test sees who was given what.
// Invariant: a value sealed to one node is refused by another. Not for anything outside a simulation.

import type { SecretFiles } from '../agent/index.ts'
import type { SealedValue } from '../model/index.ts'
import type { Vault } from '../server/index.ts'

export const simVault: Vault = {
  seal: (plain): SealedValue => ({ dataKey: 'sim', ciphertext: Buffer.from(plain).toString('base64') }),
  open: ({ ciphertext }) => new Uint8Array(Buffer.from(ciphertext, 'base64')),
  sealTo: (sealKey, plain) => `${sealKey}|${Buffer.from(plain).toString('base64')}`,
}

export class SimSecrets implements SecretFiles {
  readonly sealKey: string
  readonly files = new Map<string, ReadonlyMap<string, Uint8Array>>()

  /** Hears of what was written; for invariants, must not throw. */
  onWrite: (task: string, files: ReadonlyMap<string, Uint8Array>) => void = () => undefined

  /** User ids that the files of tasks belong to; null for root. */
  readonly owners = new Map<string, number | null>()

  constructor(node: string) {
    this.sealKey = `key-of-${node}`
  }

  open(sealed: string): Uint8Array {
    const [key, value] = sealed.split('|')
    if (key !== this.sealKey || value === undefined) throw new Error('sealed to another node')
    return new Uint8Array(Buffer.from(value, 'base64'))
  }

  async write(task: string, files: ReadonlyMap<string, Uint8Array>, owner: number | null): Promise<string> {
    this.files.set(task, files)
    this.onWrite(task, files)
    this.owners.set(task, owner)
    return `/run/gantry/${task}`
  }

  async remove(task: string): Promise<void> {
    this.files.delete(task)
    this.owners.delete(task)
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()]
  }
}
