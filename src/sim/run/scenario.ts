// A run as plain data: the cluster, and what is done to it when. Invariant: each step says everything about itself, and
// a fault says when it ends, so that any of them can be left out. Where scenarios come from is generate.ts's business.

import { z } from 'zod'
import type { StackSketch } from './sketch.ts'

/** `n3`, `s1`; the store and whoever asks have names too, see `World.cut`. */
export type PlaceId = string

export type Deed =
  | { readonly do: 'apply'; readonly stack: StackSketch }
  | { readonly do: 'destroy'; readonly stack: string; readonly deletesVolume: boolean }
  | { readonly do: 'secret'; readonly stack: string; readonly value: string }
  | { readonly do: 'node'; readonly node: PlaceId; readonly availability: 'active' | 'pause' | 'drain' }
  | { readonly do: 'kill'; readonly who: PlaceId; readonly forMs: number }
  /** At one of its calls to the outside, which is carried out or not. */
  | {
      readonly do: 'kill-at'
      readonly who: PlaceId
      readonly calls: number
      readonly isDone: boolean
      readonly forMs: number
    }
  /** The host goes down with all it runs, and boots. */
  | { readonly do: 'crash'; readonly node: PlaceId; readonly forMs: number }
  | { readonly do: 'store-down'; readonly forMs: number }
  | { readonly do: 'store-loses'; readonly records: number }
  | { readonly do: 'store-flips'; readonly back: number }
  | { readonly do: 'store-silent'; readonly share: number; readonly forMs: number }
  | {
      readonly do: 'cut'
      readonly places: readonly PlaceId[]
      readonly ways: 'both' | 'in' | 'out'
      readonly forMs: number
    }
  | {
      readonly do: 'bus'
      readonly loss: number
      readonly lateness: number
      readonly doubling: number
      readonly forMs: number
    }
  | { readonly do: 'engine-down'; readonly node: PlaceId; readonly forMs: number }
  | { readonly do: 'engine-stuck'; readonly node: PlaceId; readonly forMs: number }
  | { readonly do: 'engine-slow'; readonly node: PlaceId; readonly ms: number; readonly forMs: number }
  | { readonly do: 'engine-fails'; readonly node: PlaceId; readonly share: number; readonly forMs: number }
  | { readonly do: 'disk-full'; readonly who: PlaceId; readonly forMs: number }
  | { readonly do: 'clock-jump'; readonly who: PlaceId; readonly ms: number }
  | { readonly do: 'clock-drift'; readonly who: PlaceId; readonly rate: number }
  /** One of its containers, if it has any: it ends, is removed behind the agent's back, or answers no probe any more. */
  | {
      readonly do: 'container'
      readonly node: PlaceId
      readonly pick: number
      readonly how: 'exit' | 'wipe' | 'sicken'
    }

export interface Step {
  /** Its place in the run as it was generated; stays when others are left out. */
  readonly id: number
  /** Milliseconds of virtual time after the nodes have joined. */
  readonly at: number
  readonly deed: Deed
}

export interface Scenario {
  readonly seed: number
  readonly servers: number
  readonly nodes: number
  readonly steps: readonly Step[]
  /** When faults end. */
  readonly calmAt: number
  /** Zones of the nodes, in turn. */
  readonly zones: readonly string[]
}

/** Faults after which a person has to do something, so that no run can come to rest by itself. */
export const needsPeople: ReadonlySet<Deed['do']> = new Set(['store-flips'])

/** What a person asks for; written beside a failure in the corpus. */
export const runOptions = z.strictObject({
  seed: z.int().nonnegative(),
  servers: z.int().min(1).max(5).optional(),
  nodes: z.int().min(1).max(30).optional(),
  /** Kinds of deeds that are left out. */
  without: z.array(z.string()).optional(),
  /** Kinds that are left out by themselves and are not to be. */
  with: z.array(z.string()).optional(),
  /** Of the generated run only these steps, and only this many of its nodes and servers. */
  keep: z
    .strictObject({
      steps: z.array(z.int().nonnegative()),
      nodes: z.int().min(1).optional(),
      servers: z.int().min(1).optional(),
    })
    .optional(),
})
export type RunOptions = z.infer<typeof runOptions>

/** The scenario with only what is to be kept of it. */
export function reduce(scenario: Scenario, keep: NonNullable<RunOptions['keep']>): Scenario {
  const { nodes = scenario.nodes, servers = scenario.servers } = keep
  const kept = new Set(keep.steps)
  const isThere = (place: PlaceId) =>
    place.startsWith('n')
      ? Number(place.slice(1)) <= nodes
      : !/^s\d/.test(place) || Number(place.slice(1)) <= servers
  const steps = scenario.steps.flatMap((step): Step[] => {
    if (!kept.has(step.id)) return []
    const { deed } = step
    if (deed.do === 'cut') {
      const places = deed.places.filter(isThere)
      return places.length > 0 ? [{ ...step, deed: { ...deed, places } }] : []
    }
    if ('who' in deed && !isThere(deed.who)) return []
    if ('node' in deed && !isThere(deed.node)) return []
    return [step]
  })
  const last = steps.at(-1)?.at ?? 0
  return { ...scenario, nodes, servers, steps, calmAt: Math.min(scenario.calmAt, last + 10_000) }
}
