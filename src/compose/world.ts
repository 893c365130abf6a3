// What the services of a file are to each other: names, ports, who refers to whom, and the order in which they can be
// declared. Invariant: a handle is only used after its declaration; where two refer to each other, the reference that
// cannot be one is known before anything is printed.

import type { Session } from './session.ts'
import { gantryNames } from './names.ts'
import type { PortFact } from './ports.ts'
import { entryOf } from './tree.ts'
import type { Entry, MapNode } from './tree.ts'

export interface PlannedPort extends PortFact {
  /** Its key in `ports`. */
  readonly key: string
}

export interface ServiceFacts {
  /** As the Compose file calls it. */
  readonly key: string
  readonly name: string
  readonly entry: Entry
  readonly node: MapNode
  readonly isJob: boolean
  /** Names by which others may speak to it. */
  readonly aliases: ReadonlySet<string>
  readonly ports: PlannedPort[]
  /** Numbers that something in the file says speak HTTP. */
  readonly httpPorts: ReadonlySet<number>
}

/** Ports whose number says what speaks on them. */
const wellKnown: ReadonlyMap<number, string> = new Map([
  [22, 'ssh'],
  [25, 'smtp'],
  [53, 'dns'],
  [389, 'ldap'],
  [443, 'https'],
  [1883, 'mqtt'],
  [2181, 'zookeeper'],
  [3306, 'mysql'],
  [4222, 'nats'],
  [5432, 'postgres'],
  [5672, 'amqp'],
  [6379, 'redis'],
  [9042, 'cassandra'],
  [9092, 'kafka'],
  [11211, 'memcached'],
  [27017, 'mongo'],
])

/** Ports that the usual images listen on, by the last part of their names. */
const imagePorts: ReadonlyMap<string, number> = new Map([
  ['cassandra', 9042],
  ['elasticsearch', 9200],
  ['mailhog', 1025],
  ['mailpit', 1025],
  ['mariadb', 3306],
  ['memcached', 11211],
  ['minio', 9000],
  ['mongo', 27017],
  ['mysql', 3306],
  ['nats', 4222],
  ['postgres', 5432],
  ['postgis', 5432],
  ['rabbitmq', 5672],
  ['redis', 6379],
  ['valkey', 6379],
  ['zookeeper', 2181],
])

export const portLimit = 500

export class World {
  readonly services: ReadonlyMap<string, ServiceFacts>
  readonly #byAlias = new Map<string, ServiceFacts>()
  readonly #identifiers = new Map<ServiceFacts, string>()
  readonly #used = new Set<ServiceFacts>()
  readonly #hard = new Map<ServiceFacts, Set<ServiceFacts>>()
  readonly #soft = new Map<ServiceFacts, Set<ServiceFacts>>()
  #position: ReadonlyMap<ServiceFacts, number> | undefined

  constructor(session: Session, services: readonly ServiceFacts[]) {
    this.services = new Map(services.map((each) => [each.key, each]))
    // A service's own name goes before another's alias.
    for (const each of services)
      for (const alias of each.aliases) if (!this.#byAlias.has(alias)) this.#byAlias.set(alias, each)
    for (const each of services) {
      this.#byAlias.set(each.key, each)
      this.#identifiers.set(each, session.identifiers.take(each.name, each.isJob ? 'job' : 'service'))
    }
  }

  /** The service that goes by a name inside the stack. */
  find(alias: string): ServiceFacts | undefined {
    return this.#byAlias.get(alias)
  }

  get aliases(): readonly string[] {
    return [...this.#byAlias.keys()]
  }

  /** Adds a port that nobody declared but somebody speaks to. */
  portOf(service: ServiceFacts, number: number): PlannedPort {
    const known = service.ports.find((each) => each.number === number && each.transport === 'tcp')
    if (known) return known
    const made = planPort(service, { number, transport: 'tcp' })
    service.ports.push(made)
    return made
  }

  /** What its image usually listens on. */
  usualPort({ node }: ServiceFacts): number | undefined {
    const image = entryOf(node, 'image')?.value
    const text = image?.kind === 'scalar' ? String(image.value) : ''
    const name = /([a-z0-9-]+)(?:[:@$][^/]*)?$/.exec(text)?.[1] ?? ''
    return imagePorts.get(name)
  }

  /** `from` is to be declared after `to`: it must, or it would be better. */
  link(from: ServiceFacts, to: ServiceFacts, isHard: boolean): void {
    if (from === to) return
    const links = isHard ? this.#hard : this.#soft
    const known = links.get(from)
    if (known) known.add(to)
    else links.set(from, new Set([to]))
  }

  /** The handle of a service; it is then declared as a constant. */
  handle(service: ServiceFacts): string {
    this.#used.add(service)
    return this.#identifiers.get(service) ?? service.name
  }

  isUsed(service: ServiceFacts): boolean {
    return this.#used.has(service)
  }

  /** Whether `to` is declared before `from`. */
  isBefore(to: ServiceFacts, from: ServiceFacts): boolean {
    const position = this.#positions()
    return (position.get(to) ?? 0) < (position.get(from) ?? 0)
  }

  /** In an order in which all links hold that can. */
  get order(): readonly ServiceFacts[] {
    return [...this.#positions().keys()]
  }

  #positions(): ReadonlyMap<ServiceFacts, number> {
    this.#position ??= new Map(
      sortServices([...this.services.values()], this.#hard, this.#soft).map((each, at) => [each, at]),
    )
    return this.#position
  }
}

type Links = ReadonlyMap<ServiceFacts, ReadonlySet<ServiceFacts>>

/** Those in the file's order, each behind what it has to follow; soft links that would make a circle do not count. */
function sortServices(services: readonly ServiceFacts[], hard: Links, soft: Links): ServiceFacts[] {
  const accepted = new Map<ServiceFacts, Set<ServiceFacts>>()
  const targets = new Set<ServiceFacts>()
  const leadsTo = (from: ServiceFacts, goal: ServiceFacts): boolean => {
    // Nothing leads there yet: in most files, every time.
    if (from !== goal && !targets.has(goal)) return false
    const seen = new Set<ServiceFacts>()
    const open = [from]
    for (let next = open.pop(); next; next = open.pop()) {
      if (next === goal) return true
      if (seen.has(next)) continue
      seen.add(next)
      open.push(...(accepted.get(next) ?? []))
    }
    return false
  }
  for (const links of [hard, soft])
    for (const from of services)
      for (const to of links.get(from) ?? []) {
        if (leadsTo(to, from)) continue
        targets.add(to)
        const known = accepted.get(from)
        if (known) known.add(to)
        else accepted.set(from, new Set([to]))
      }
  const sorted: ServiceFacts[] = []
  const done = new Set<ServiceFacts>()
  const visit = (service: ServiceFacts): void => {
    if (done.has(service)) return
    done.add(service)
    for (const to of accepted.get(service) ?? []) visit(to)
    sorted.push(service)
  }
  for (const service of services) visit(service)
  return sorted
}

export function planPorts(facts: Omit<ServiceFacts, 'ports'>, read: readonly PortFact[]): PlannedPort[] {
  const planned: PlannedPort[] = []
  const service: ServiceFacts = { ...facts, ports: planned }
  for (const fact of read) {
    const known = planned.findIndex(
      (each) => each.number === fact.number && each.transport === fact.transport,
    )
    const before = planned[known]
    if (before) planned[known] = { ...before, ...fact, key: before.key }
    else planned.push(planPort(service, fact))
  }
  return planned
}

function planPort(service: ServiceFacts, fact: PortFact): PlannedPort {
  const used = new Set(service.ports.map((each) => each.key))
  const speaks =
    fact.transport === 'udp'
      ? undefined
      : (fact.speaks ?? (service.httpPorts.has(fact.number) ? 'http' : undefined))
  const known = wellKnown.get(fact.number)
  const wanted = [
    ...(fact.label === undefined ? [] : [gantryNames([fact.label], 'port').get(fact.label) ?? 'port']),
    ...(speaks ? [speaks, `${speaks}${fact.number}`] : []),
    ...(known !== undefined && !speaks ? [known, `${known}-${fact.transport}`] : []),
    `p${fact.number}`,
    `p${fact.number}${fact.transport}`,
    `p${fact.number}${fact.transport}2`,
  ]
  const key = wanted.find((each) => !used.has(each)) ?? `p${fact.number}-${service.ports.length}`
  return { ...fact, ...(speaks ? { speaks } : {}), key }
}
