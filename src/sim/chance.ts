// Chance that can be repeated: a small generator from a seed (mulberry32), and the server's Entropy port on it.
// Invariant: the same seed and the same calls give the same numbers. Not for keys outside a simulation.

import type { Entropy } from '../server/index.ts'

export class Chance implements Entropy {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1))
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.between(0, 255))
  }

  id(): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
    return Array.from({ length: 22 }, () => letters[this.between(0, letters.length - 1)]).join('')
  }

  /** Another generator whose numbers do not depend on how often this one is asked later. */
  fork(): Chance {
    return new Chance(this.between(0, 0xffff_ffff))
  }
}
