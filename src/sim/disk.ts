// The disk of one agent. Invariant: a file is what was saved last, and what is read is a copy of it. It survives its
// agent, and a save that was not answered may have come off.

import { StoreDamage } from '../agent/index.ts'
import type { AgentStore } from '../agent/index.ts'
import type { SimClock } from './clock.ts'

/** Virtual time that it takes to read or write a file. */
const takesMs = 1

export class SimDisk implements AgentStore {
  readonly #clock: SimClock
  readonly #files = new Map<string, string>()
  /** Nothing can be written while it is. */
  isFull = false
  /** Hears of what was written; for invariants, must not throw. */
  onSave: (name: string, text: string) => void = () => undefined

  constructor(clock: SimClock) {
    this.#clock = clock
  }

  async load(name: string): Promise<unknown> {
    await this.#clock.sleep(takesMs)
    const text = this.#files.get(name)
    if (text === undefined) return null
    try {
      return JSON.parse(text) as unknown
    } catch (error) {
      throw new StoreDamage(`${name} is not JSON`, { cause: error })
    }
  }

  async save(name: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value)
    await this.#clock.sleep(takesMs)
    if (this.isFull) throw new Error('no space left on device')
    this.#files.set(name, text)
    this.onSave(name, text)
  }

  async setAside(name: string): Promise<string> {
    await this.#clock.sleep(takesMs)
    const text = this.#files.get(name)
    if (text === undefined) throw new Error(`no file ${name}`)
    this.#files.delete(name)
    this.#files.set(`${name}.damaged`, text)
    return `${name}.damaged`
  }

  /** What is in a file, as a test sees it. */
  read(name: string): string | undefined {
    return this.#files.get(name)
  }

  lose(): void {
    this.#files.clear()
  }

  /** Overwrites a file with what nobody saved. */
  damage(name: string, text: string): void {
    this.#files.set(name, text)
  }
}
