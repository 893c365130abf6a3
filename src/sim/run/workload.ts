// Carries out what people ask for in a run, and remembers what they were promised and what they agreed to lose.
// Invariant: it believes an answer and nothing else; whoever has none may ask again.

import { apiOperations, emptySources, unreachable, volumeAddress } from '../../model/index.ts'
import type { ApiOperation, StackDocument } from '../../model/index.ts'
import type { Consents } from '../invariants/invariant.ts'
import type { World } from '../world.ts'
import type { Deed, Scenario } from './scenario.ts'
import { documentOf, secretOfStack, volumeOfStack } from './sketch.ts'

const answerWithinMs = 10_000

export class Workload {
  readonly #world: World
  readonly #seed: number
  readonly consents: Consents = { volumes: new Map() }
  #plans = 0
  answered = 0
  unanswered = 0

  constructor(world: World, { seed }: Scenario) {
    this.#world = world
    this.#seed = seed
  }

  /** Asks, without waiting for the answer; faults are not its business. */
  carryOut(deed: Deed): void {
    switch (deed.do) {
      case 'apply':
        void this.apply(documentOf(deed.stack)).catch(() => undefined) // refused, or nobody knows
        break
      case 'destroy':
        void this.destroy(deed.stack, deed.deletesVolume).catch(() => undefined)
        break
      case 'secret': {
        const value = Buffer.from(deed.value).toString('base64')
        void this.#ask('secretSet', { stack: deed.stack, name: secretOfStack, value }).catch(() => undefined)
        break
      }
      case 'node':
        void this.setAvailability(deed.node, deed.availability).catch(() => undefined)
        break
      case 'kill':
      case 'kill-at':
      case 'crash':
      case 'store-down':
      case 'store-silent':
      case 'store-loses':
      case 'store-flips':
      case 'cut':
      case 'bus':
      case 'engine-down':
      case 'engine-stuck':
      case 'engine-slow':
      case 'engine-fails':
      case 'disk-full':
      case 'clock-jump':
      case 'clock-drift':
      case 'container':
        break
      default:
        unreachable(deed)
    }
  }

  async apply(document: StackDocument): Promise<void> {
    this.#plans += 1
    const planId = `plan-${this.#seed}-${this.#plans}`
    const baseVersion = this.#world.state.stacks.get(document.stack)?.version ?? 0
    await this.#ask('apply', { document, sources: emptySources, planId, baseVersion })
    this.#world.noteAcknowledged(planId)
  }

  async destroy(stack: string, deletesVolume: boolean): Promise<void> {
    if (deletesVolume) {
      const address = volumeAddress(stack, volumeOfStack)
      this.consents.volumes.set(address, (this.consents.volumes.get(address) ?? 0) + 1)
    }
    await this.#ask('destroy', {
      stack,
      baseVersion: this.#world.state.stacks.get(stack)?.version ?? 0,
      deleteVolumes: deletesVolume ? [volumeOfStack] : [],
    })
  }

  async setAvailability(node: string, availability: 'active' | 'pause' | 'drain'): Promise<void> {
    const operation = apiOperations.find((each: string) => each === 'nodeUpdate')
    if (operation) await this.#ask(operation, { node, availability })
  }

  async #ask(operation: ApiOperation, request: object): Promise<void> {
    try {
      await this.#world.send(operation, request, answerWithinMs)
      this.answered += 1
    } catch (error) {
      this.unanswered += 1
      throw error
    }
  }
}
