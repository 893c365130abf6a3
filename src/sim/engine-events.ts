// The stream of events that the simulated engine (runtime.ts) gives to whoever listens. Invariant: events come in the
// order of what happened; a connection that breaks throws what is left of it away, as a real one does.

import { RuntimeFailure } from '../agent/index.ts'
import type { RuntimeEvent } from '../agent/index.ts'

interface Listener {
  readonly tell: (event: RuntimeEvent) => void
  readonly breakOff: () => void
}

export class EngineEvents {
  readonly #listeners = new Set<Listener>()

  tell(event: RuntimeEvent): void {
    for (const { tell } of this.#listeners) tell(event)
  }

  breakOff(): void {
    for (const { breakOff } of this.#listeners) breakOff()
  }

  async *listen(signal: AbortSignal): AsyncGenerator<RuntimeEvent, void> {
    const waiting: RuntimeEvent[] = []
    let isBroken = false
    let wake: () => void = () => undefined
    const end = () => wake()
    const listener: Listener = {
      tell: (event) => {
        waiting.push(event)
        wake()
      },
      breakOff: () => {
        isBroken = true
        wake()
      },
    }
    this.#listeners.add(listener)
    signal.addEventListener('abort', end)
    try {
      while (!signal.aborted) {
        const isOver = (): boolean => isBroken
        if (isOver()) throw new RuntimeFailure('unavailable', 'the connection to the engine broke')
        const event = waiting.shift()
        if (event) yield event
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', end)
    }
  }
}
