// A run as plain data: the cluster, and what is done to it when. Invariant: each step says everything about itself, and
// a fault says when it ends, so that any of them can be left out. Where scenarios come from is generate.ts's business.

import { z } from 'zod'
import { stackSketch } from './sketch.ts'

/** `n3`, `s1`; the store and whoever asks have names too, see `World.cut`. */
export type PlaceId = string

const who = z.string()
const node = z.string()
const forMs = z.number().nonnegative()
const share = z.number().min(0).max(1)

export const deed = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('apply'), stack: stackSketch }),
  z.strictObject({ do: z.literal('destroy'), stack: z.string(), deletesVolume: z.boolean() }),
  z.strictObject({ do: z.literal('secret'), stack: z.string(), value: z.string() }),
  z.strictObject({ do: z.literal('node'), node, availability: z.enum(['active', 'pause', 'drain']) }),
  z.strictObject({ do: z.literal('kill'), who, forMs }),
  /** At one of its calls to the outside, which is carried out or not. */
  z.strictObject({ do: z.literal('kill-at'), who, calls: z.int().min(1), isDone: z.boolean(), forMs }),
  /** The host goes down with all it runs, and boots. */
  z.strictObject({ do: z.literal('crash'), node, forMs }),
  z.strictObject({ do: z.literal('store-down'), forMs }),
  z.strictObject({ do: z.literal('store-loses'), records: z.int().min(1) }),
  z.strictObject({ do: z.literal('store-flips'), back: z.int().nonnegative() }),
  z.strictObject({ do: z.literal('store-silent'), share, forMs }),
  z.strictObject({ do: z.literal('cut'), places: z.array(who), ways: z.enum(['both', 'in', 'out']), forMs }),
  z.strictObject({ do: z.literal('bus'), loss: share, lateness: share, doubling: share, forMs }),
  z.strictObject({ do: z.literal('engine-down'), node, forMs }),
  z.strictObject({ do: z.literal('engine-stuck'), node, forMs }),
  z.strictObject({ do: z.literal('engine-slow'), node, ms: z.number(), forMs }),
  z.strictObject({ do: z.literal('engine-fails'), node, share, forMs }),
  z.strictObject({ do: z.literal('disk-full'), who, forMs }),
  z.strictObject({ do: z.literal('clock-jump'), who, ms: z.number() }),
  z.strictObject({ do: z.literal('clock-drift'), who, rate: z.number().min(0.9).max(1.1) }),
  /** One of its containers, if it has any: it ends, is removed behind the agent's back, or answers no probe any more. */
  z.strictObject({
    do: z.literal('container'),
    node,
    pick: z.int().nonnegative(),
    how: z.enum(['exit', 'wipe', 'sicken']),
  }),
])
export type Deed = z.infer<typeof deed>

export const step = z.strictObject({
  /** Its place in the run as it was generated; stays when others are left out. */
  id: z.int().nonnegative(),
  /** Milliseconds of virtual time after the nodes have joined. */
  at: z.number().nonnegative(),
  deed,
})
export type Step = z.infer<typeof step>

export const scenario = z.strictObject({
  seed: z.int().nonnegative(),
  servers: z.int().min(1).max(5),
  nodes: z.int().min(1).max(30),
  /** Zones of the nodes, in turn. */
  zones: z.array(z.string()),
  steps: z.array(step),
  /** When faults end. */
  calmAt: z.number().nonnegative(),
})
export type Scenario = z.infer<typeof scenario>

/** Faults after which a person has to do something, so that no run can come to rest by itself. */
export const needsPeople: ReadonlySet<Deed['do']> = new Set(['store-flips'])

/** What a person asks for. */
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
export function reduce(whole: Scenario, keep: NonNullable<RunOptions['keep']>): Scenario {
  const { nodes = whole.nodes, servers = whole.servers } = keep
  const kept = new Set(keep.steps)
  const isThere = (place: PlaceId) =>
    place.startsWith('n')
      ? Number(place.slice(1)) <= nodes
      : !/^s\d/.test(place) || Number(place.slice(1)) <= servers
  const steps = whole.steps.flatMap((each): Step[] => {
    if (!kept.has(each.id)) return []
    const { deed: what } = each
    if (what.do === 'cut') {
      const places = what.places.filter(isThere)
      return places.length > 0 ? [{ ...each, deed: { ...what, places } }] : []
    }
    if ('who' in what && !isThere(what.who)) return []
    if ('node' in what && !isThere(what.node)) return []
    return [each]
  })
  const last = steps.at(-1)?.at ?? 0
  return { ...whole, nodes, servers, steps, calmAt: Math.min(whole.calmAt, last + 10_000) }
}
