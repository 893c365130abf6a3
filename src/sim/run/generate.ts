// From a seed to a run: which cluster, which workload, which faults and when. Invariant: the same options give the same
// scenario. What it makes is meant to be nasty and not likely: faults come in bursts, and several at a time.

import { Chance } from '../chance.ts'
import { needsPeople, reduce } from './scenario.ts'
import type { Deed, RunOptions, Scenario, Step } from './scenario.ts'
import type { JobSketch, ServiceSketch, StackSketch } from './sketch.ts'

const defaults = { servers: 3, nodes: 10 }

/** Of steps; a run has between the two. */
const stepsOf = { min: 10, max: 60 }
const firstPort = 8000

export function generate(options: RunOptions): Scenario {
  const { seed, servers = defaults.servers, nodes = defaults.nodes, without = [], keep } = options
  const leftOut = new Set<string>([...needsPeople].filter((kind) => !options.with?.includes(kind)))
  for (const kind of without) leftOut.add(kind)
  const scenario = new Generator(seed, servers, nodes).make(leftOut)
  return keep ? reduce(scenario, keep) : scenario
}

class Generator {
  readonly #seed: number
  readonly #chance: Chance
  readonly #servers: readonly string[]
  readonly #nodes: readonly string[]
  readonly #zones: string[]
  /** Stacks as they were asked for last, and before. */
  readonly #stacks = new Map<string, StackSketch[]>()
  #images = 0
  #secrets = 0

  constructor(seed: number, servers: number, nodes: number) {
    this.#seed = seed
    this.#chance = new Chance(Math.imul(seed + 1, 0x9e3779b1))
    this.#servers = Array.from({ length: servers }, (_, index) => `s${index + 1}`)
    this.#nodes = Array.from({ length: nodes }, (_, index) => `n${index + 1}`)
    this.#zones = ['a', 'b', 'c'].slice(0, Math.min(3, nodes))
  }

  make(without: ReadonlySet<string>): Scenario {
    const count = this.#chance.between(stepsOf.min, stepsOf.max)
    const paceMs = this.#pick([300, 2000, 8000])
    // Of each run some kinds of faults are left out, so that others come thick.
    const share = this.#pick([0.3, 0.6, 1])
    const kinds = [...this.#faults().keys()].filter(
      (kind) => this.#chance.fraction() < share && !without.has(kind),
    )
    const steps: Step[] = [
      { id: 0, at: 0, deed: this.#apply() },
      { id: 1, at: 100, deed: this.#apply() },
    ]
    let at = this.#chance.between(0, 20_000)
    for (let id = 2; id < count; id += 1) {
      const deed =
        kinds.length === 0 || this.#chance.fraction() < 0.25 ? this.#work() : this.#fault(this.#pick(kinds))
      steps.push({ id, at: Math.round(at), deed })
      at += this.#chance.fraction() < 0.3 ? this.#chance.between(0, 50) : this.#chance.fraction() * 2 * paceMs
    }
    return {
      seed: this.#seed,
      servers: this.#servers.length,
      nodes: this.#nodes.length,
      zones: this.#zones,
      steps: steps.filter(({ deed }) => !without.has(deed.do)),
      calmAt: Math.round(at + this.#chance.between(0, 30_000)),
    }
  }

  // --- the workload -------------------------------------------------------------------------------------------

  #work(): Deed {
    const known = [...this.#stacks.keys()]
    const stack = known.length > 0 ? this.#pick(known) : null
    const kind = this.#chance.between(1, 12)
    if (stack === null || kind <= 6) return this.#apply()
    if (kind <= 8) return this.#goBack(stack)
    if (kind === 9) return { do: 'destroy', stack, deletesVolume: this.#chance.fraction() < 0.5 }
    if (kind === 10)
      return {
        do: 'node',
        node: this.#pick(this.#nodes),
        availability: this.#pick(['active', 'pause', 'drain']),
      }
    this.#secrets += 1
    return { do: 'secret', stack, value: `plain-value-${this.#seed}-${this.#secrets}` }
  }

  /** A stack for the first time, or again with an edit or two. */
  #apply(): Deed {
    const name = this.#pick(['shop', 'shop', 'blog', 'data'])
    const before = this.#stacks.get(name)?.at(-1)
    const stack = before ? this.#edit(before) : this.#invent(name)
    this.#stacks.set(name, [...(this.#stacks.get(name) ?? []), stack])
    return { do: 'apply', stack }
  }

  #goBack(name: string): Deed {
    const past = this.#stacks.get(name) ?? []
    const stack = this.#pick(past)
    this.#stacks.set(name, [...past, stack])
    return { do: 'apply', stack }
  }

  #invent(name: string): StackSketch {
    const hasSecret = this.#chance.fraction() < 0.6
    const services: ServiceSketch[] = []
    for (let count = this.#chance.between(1, 3); services.length < count;)
      services.push(this.#service(name, services, hasSecret))
    const jobs = this.#chance.fraction() < 0.5 ? [this.#job('seed')] : []
    return { name, services, jobs, hasSecret }
  }

  #service(stack: string, others: readonly ServiceSketch[], hasSecret: boolean): ServiceSketch {
    const name = ['web', 'api', 'db'][others.length] ?? 'more'
    const isAlone = this.#chance.fraction() < 0.35
    const zone = this.#chance.fraction() < 0.25 ? this.#pick(this.#zones) : null
    const isTight = this.#chance.fraction() < 0.2
    const hasVolume = isAlone && this.#chance.fraction() < 0.5 && others.every((other) => !other.hasVolume)
    return {
      name,
      image: this.#image('web'),
      replicas: isAlone ? 1 : this.#chance.between(0, 6),
      cpu: isTight ? 900 : this.#pick([0, 50, 100]),
      order: isAlone || isTight ? 'stop-first' : this.#pick(['start-first', 'start-first', 'stop-first']),
      // Whoever alone writes to a volume has to be.
      isFenced: hasVolume || (isAlone && this.#chance.fraction() < 0.6),
      hasVolume,
      secret: hasSecret ? this.#pick(['none', 'file', 'variable']) : 'none',
      zone,
      maxPerNode: !isAlone && this.#chance.fraction() < 0.2 ? this.#chance.between(1, 2) : null,
      published: this.#chance.fraction() < 0.4 ? this.#port(stack, name) : null,
      after: others.length > 0 && this.#chance.fraction() < 0.3 ? this.#pick(others).name : null,
    }
  }

  /** Each its own, but now and then one that another has. */
  #port(stack: string, service: string): number {
    if (this.#chance.fraction() < 0.05) return firstPort
    return firstPort + 10 * ['shop', 'blog', 'data'].indexOf(stack) + ['web', 'api', 'db'].indexOf(service)
  }

  #job(name: string): JobSketch {
    return {
      name,
      image: this.#image(this.#chance.fraction() < 0.2 ? 'failing' : 'job'),
      retries: this.#chance.between(0, 5),
    }
  }

  #edit(stack: StackSketch): StackSketch {
    const index = this.#chance.between(0, stack.services.length - 1)
    const services = stack.services.map((service, at) => (at === index ? this.#change(service) : service))
    const jobs = stack.jobs.map((job) => (this.#chance.fraction() < 0.3 ? this.#job(job.name) : job))
    return { ...stack, services, jobs }
  }

  #change(service: ServiceSketch): ServiceSketch {
    switch (this.#chance.between(1, 6)) {
      case 1:
        return service.hasVolume || service.isFenced
          ? { ...service, replicas: this.#chance.between(0, 1) }
          : { ...service, replicas: this.#chance.between(0, 7) }
      case 2:
        return { ...service, cpu: this.#pick([0, 50, 100, 300]) }
      case 3:
        return { ...service, image: this.#image(this.#pick(['broken', 'absent', 'mute', 'refused'])) }
      default:
        return { ...service, image: this.#image('web') }
    }
  }

  #image(kind: string): string {
    this.#images += 1
    return `${kind}:${this.#images}`
  }

  // --- faults -------------------------------------------------------------------------------------------------

  #fault(kind: Deed['do']): Deed {
    const make = this.#faults().get(kind)
    return make ? make() : this.#apply()
  }

  #faults(): ReadonlyMap<Deed['do'], () => Deed> {
    const node = () => this.#pick(this.#nodes)
    const anyone = () => this.#pick([...this.#servers, ...this.#nodes])
    // Servers are few, and what befalls them matters more.
    const someone = () => (this.#chance.fraction() < 0.5 ? this.#pick(this.#servers) : node())
    const forMs = () => this.#pick([500, 3000, 12_000, 40_000]) * (0.5 + this.#chance.fraction())
    const share = () => this.#pick([0.05, 0.2, 0.6])
    return new Map<Deed['do'], () => Deed>([
      ['kill', () => ({ do: 'kill', who: someone(), forMs: forMs() })],
      [
        'kill-at',
        () => ({
          do: 'kill-at',
          who: someone(),
          calls: this.#chance.between(1, 40),
          isDone: this.#chance.fraction() < 0.5,
          forMs: forMs(),
        }),
      ],
      ['crash', () => ({ do: 'crash', node: node(), forMs: forMs() })],
      ['store-down', () => ({ do: 'store-down', forMs: forMs() / 2 })],
      ['store-silent', () => ({ do: 'store-silent', share: share(), forMs: forMs() })],
      ['store-loses', () => ({ do: 'store-loses', records: this.#chance.between(1, this.#pick([3, 30])) })],
      ['store-flips', () => ({ do: 'store-flips', back: this.#chance.between(0, 20) })],
      [
        'cut',
        () => ({
          do: 'cut',
          places: this.#side(),
          ways: this.#pick(['both', 'both', 'both', 'in', 'out']),
          forMs: forMs(),
        }),
      ],
      [
        'bus',
        () => ({
          do: 'bus',
          loss: this.#chance.fraction() < 0.6 ? share() / 2 : 0,
          lateness: this.#chance.fraction() < 0.6 ? share() : 0,
          doubling: this.#chance.fraction() < 0.6 ? share() : 0,
          forMs: forMs(),
        }),
      ],
      ['engine-down', () => ({ do: 'engine-down', node: node(), forMs: forMs() })],
      ['engine-stuck', () => ({ do: 'engine-stuck', node: node(), forMs: forMs() })],
      [
        'engine-slow',
        () => ({ do: 'engine-slow', node: node(), ms: this.#pick([100, 1000, 5000]), forMs: forMs() }),
      ],
      ['engine-fails', () => ({ do: 'engine-fails', node: node(), share: share(), forMs: forMs() })],
      ['disk-full', () => ({ do: 'disk-full', who: someone(), forMs: forMs() })],
      [
        'clock-jump',
        () => ({ do: 'clock-jump', who: anyone(), ms: this.#pick([-3_600_000, -5000, 5000, 3_600_000]) }),
      ],
      [
        'clock-drift',
        () => ({ do: 'clock-drift', who: anyone(), rate: 1 + (this.#chance.fraction() - 0.5) / 50 }),
      ],
      [
        'container',
        () => ({
          do: 'container',
          node: node(),
          pick: this.#chance.between(0, 9),
          how: this.#pick(['exit', 'exit', 'wipe', 'sicken']),
        }),
      ],
    ])
  }

  /** One place, or any of them. */
  #side(): string[] {
    const all = [...this.#servers, ...this.#nodes]
    if (this.#chance.fraction() < 0.5) return [this.#pick(all)]
    const side = [...all, 'store', 'client'].filter(() => this.#chance.fraction() < 0.3)
    return side.length > 0 ? side : [this.#pick(all)]
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#chance.between(0, items.length - 1)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
}
