// One service of the file: its facts, and then its declaration. Invariant: what is not known before all services were
// read (who refers to it, who writes its volumes) is settled later; a service without an image is left out.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import type { Configs } from './configs.ts'
import { ifTrue, present, readCommand, readContainer, readVariables, userExpr } from './container.ts'
import { readPlacement, readReplication, readRestart, readRollout } from './deploy.ts'
import type { Replication } from './deploy.ts'
import { httpPortsOf, readHealth } from './health.ts'
import { imageExpr, readImage } from './image.ts'
import { readMounts, readSecrets } from './mounts.ts'
import type { Mounted } from './mounts.ts'
import { planPorts, portLimit } from './world.ts'
import type { PlannedPort, ServiceFacts, World } from './world.ts'
import { readPorts } from './ports.ts'
import { scanFile, speakTo } from './references.ts'
import type { Speaker } from './references.ts'
import { readResources } from './resources.ts'
import type { Secrets } from './secrets.ts'
import type { Session } from './session.ts'
import type { Entry, MapNode, Node } from './tree.ts'
import { fieldOf, isNull, itemsOf, mapOf, plainOf, textOf, truthOf, wordOf } from './values.ts'
import type { Volumes } from './volumes.ts'

export interface Stores {
  readonly session: Session
  readonly world: World
  readonly secrets: Secrets
  readonly configs: Configs
  readonly volumes: Volumes
}

/** What others need to know of a service. `isAwaited`: something waits for it to complete. */
export function surveyService(
  session: Session,
  entry: Entry,
  name: string,
  isAwaited: boolean,
): ServiceFacts | undefined {
  const node = mapOf(session, entry.value)
  if (!node) {
    if (isNull(entry.value))
      session.ledger.refused(entry, 'a service has to have an image or a build: it is left out')
    return undefined
  }
  if (name !== entry.key)
    session.ledger.changed(entry, `it is called '${name}': names have small letters, digits and '-'`)
  const { mode } = readReplication(session, node)
  const isJob = isAwaited || mode === 'replicated-job' || mode === 'global-job'
  const aliases = aliasesOf(session, node)
  const facts = {
    key: entry.key,
    name,
    entry,
    node,
    isJob,
    aliases: new Set(aliases),
    httpPorts: httpPortsOf(node, [entry.key, ...aliases]),
  }
  const read = readPorts(session, node)
  if (read.length > portLimit) session.ledger.refused(entry, `it has more than ${portLimit} ports`)
  const ports = planPorts(facts, read.slice(0, portLimit))
  const portsNode = fieldOf(node, 'ports')
  if (isJob && portsNode) session.ledger.refused(portsNode, 'a job runs to its end and is not spoken to')
  for (const port of ports)
    if (portsNode && !port.speaks && port.transport === 'tcp' && httpLike.has(port.number))
      session.ledger.note(
        portsNode,
        `nothing says that port ${port.number} speaks HTTP: it is tcp(), write http() if it does`,
      )
  return { ...facts, ports: isJob ? [] : ports }
}

const httpLike: ReadonlySet<number> = new Set([80, 3000, 5000, 8000, 8080, 8081, 9090])

function aliasesOf(session: Session, node: MapNode): string[] {
  const hostname = plainOf(session, present(node, 'hostname'))
  const networks = fieldOf(node, 'networks')
  const ofNetworks = (networks?.kind === 'map' ? networks.entries : []).flatMap(({ value }) =>
    itemsOf(session, value.kind === 'map' ? fieldOf(value, 'aliases') : undefined).map((item) =>
      plainOf(session, item),
    ),
  )
  const container = plainOf(session, present(node, 'container_name'))
  return [hostname, container, ...ofNetworks].flatMap((each) => (each === undefined ? [] : [each]))
}

export interface Declaration {
  readonly facts: ServiceFacts
  readonly value: Expr
  /** Around the statement: `if (withDebug) { … }`. */
  readonly condition: Expr | undefined
}

export function translateService(stores: Stores, facts: ServiceFacts): Declaration | undefined {
  const { session, world, secrets, configs, volumes } = stores
  const { node } = facts
  const mountedSecrets = readSecrets(session, secrets, node)
  const speaker: Speaker = {
    session,
    world,
    secrets,
    facts,
    files: mountedSecrets.files,
    links: linksOf(session, world, node),
    hosts: new Set(),
    ports: new Map(),
  }
  const replication = readReplication(session, node)
  const mounted = readMounts(stores, facts)
  for (const { text, node: at } of mounted.texts) scanFile(speaker, text, at)
  withVolumesFrom(stores, facts, mounted)
  for (const { plan, isReadOnly } of mounted.volumes.values())
    plan.uses.push({ service: facts, isReadOnly, isMany: replication.isMany })
  const isExclusive = (): boolean =>
    [...mounted.volumes.values()].some(
      ({ plan, isReadOnly }) => !isReadOnly && volumes.accessOf(plan) === 'single-writer',
    )
  /** What forbids that an old and a new task run at the same time. */
  const alone = (): string | undefined => {
    if (isExclusive()) return 'it writes a volume that one task at a time may write'
    const isOwn = [...mounted.volumes.values()].some(
      ({ plan, isReadOnly }) =>
        !isReadOnly && plan.driver?.kind !== 'string' && volumes.accessOf(plan) === 'per-replica',
    )
    if (isOwn) return 'the old and the new task of a replica would both write its volume'
    return facts.ports.some(({ hostPort }) => hostPort) ? 'the old task holds its host port' : undefined
  }
  const container = readContainer(speaker, configs)
  if (!container['image']) {
    session.ledger.refused(facts.entry, 'without an image the service is left out')
    return undefined
  }
  const profile = readProfiles(session, node)
  checkSmallThings(session, facts)
  const restart = readRestart(session, node)
  const ports = code.later(() =>
    code.unlessEmpty(code.record(facts.ports.map((port) => ({ key: port.key, value: portExpr(port) })))),
  )
  const isJob = facts.isJob
  const options = code.record(
    Object.entries({
      image: container['image'],
      command: container['command'],
      args: container['args'],
      ports: isJob ? undefined : ports,
      env: container['env'],
      secrets: code.unlessEmpty(code.array(mountedSecrets.handles)),
      configs: code.unlessEmpty(code.record([...mounted.configs].map(([key, value]) => ({ key, value })))),
      mounts: code.unlessEmpty(
        code.record(
          [...mounted.volumes].map(([key, { plan, isReadOnly }]) => ({
            key,
            value: volumes.handle(plan, isReadOnly),
          })),
        ),
      ),
      onLost: isJob ? undefined : code.later(() => (isExclusive() ? code.string('fence') : undefined)),
      replicas: isJob ? undefined : replicasExpr(replication, profile),
      ...(isJob ? jobFields(replication, restart) : {}),
      resources: readResources(session, node),
      placement: readPlacement(session, node),
      health: readHealth(speaker),
      restart: isJob ? undefined : restart,
      rollout: isJob ? undefined : readRollout(session, node, alone),
      dependsOn: readDependencies(stores, facts, speaker),
      reaches: reachesExpr(stores, facts, speaker),
      initContainers: readSteps(stores, speaker, container, mounted),
      ...rest(container),
    }).flatMap(([key, value]) => (value ? [{ key, value }] : [])),
    true,
  )
  return {
    facts,
    value: code.call(isJob ? 'job' : 'service', code.string(facts.name), options),
    condition: isJob ? profile : undefined,
  }
}

/** What of the container stands behind the rest. */
function rest(container: Readonly<Record<string, Expr | undefined>>): Record<string, Expr | undefined> {
  const first = new Set(['image', 'command', 'args', 'env'])
  return Object.fromEntries(Object.entries(container).filter(([key]) => !first.has(key)))
}

function portExpr({ number, transport, speaks, published, hostPort }: PlannedPort): Expr {
  return code.callWith(speaks ?? transport, [code.number(number)], code.object({ published, hostPort }))
}

function replicasExpr({ mode, count }: Replication, profile: Expr | undefined): Expr | undefined {
  const whole = mode === 'global' ? code.string('per-node') : count
  if (!profile) return whole?.kind === 'number' && whole.value === 1 ? undefined : whole
  return { kind: 'choice', test: profile, yes: whole ?? code.number(1), no: code.number(0) }
}

/** Swarm and Compose try a job again as its restart policy says; without one not at all. */
function jobFields(
  { mode, count }: Replication,
  restart: Expr | undefined,
): Record<string, Expr | undefined> {
  const never = restart === undefined || (restart.kind === 'string' && restart.value === 'never')
  return {
    completions: mode === 'replicated-job' ? count : undefined,
    parallelism: mode === 'replicated-job' ? count : undefined,
    perNode: mode === 'global-job' ? code.boolean(true) : undefined,
    retries: never ? code.number(0) : undefined,
  }
}

function readProfiles(session: Session, node: MapNode): Expr | undefined {
  const profiles = itemsOf(session, fieldOf(node, 'profiles')).flatMap((item) => plainOf(session, item) ?? [])
  const tests = [...new Set(profiles)].map((profile) => session.variables.switchFor(profile))
  const [first, ...others] = tests
  return others.reduce<Expr | undefined>(
    (left, right) => left && { kind: 'binary', operator: '||', left, right },
    first,
  )
}

/** Keys whose value decides whether there is anything to refuse. The table refuses them; here is what is harmless. */
function checkSmallThings(session: Session, { node, key, name }: ServiceFacts): void {
  const hostname = present(node, 'hostname')
  if (hostname?.kind === 'scalar' && (hostname.value === key || hostname.value === name))
    session.ledger.harmless(hostname, 'it is the name of the service')
  const policy = present(node, 'pull_policy')
  const word = plainOf(session, policy)
  if (policy && word !== undefined && !/^(?:missing|if_not_present|build)$/.test(word)) {
    if (word === 'always' || /^(?:daily|weekly|every_)/.test(word))
      session.ledger.changed(policy, 'a tag is pulled once', 'write a new tag, or a digest')
    else
      session.ledger.refused(
        policy,
        `an image that the node does not have is pulled, whatever ${JSON.stringify(word)} says`,
      )
  }
}

interface Awaited {
  readonly to: ServiceFacts
  readonly until: 'started' | 'healthy' | 'completed'
  readonly node: Node | Entry
}

function readAwaited({ session, world }: Stores, facts: ServiceFacts): Awaited[] {
  const node = fieldOf(facts.node, 'depends_on')
  const awaited: Awaited[] = []
  const add = (key: string, until: Awaited['until'], at: Node | Entry): void => {
    const to = world.services.get(key)
    if (to) awaited.push({ to, until: to.isJob ? 'completed' : until, node: at })
    else session.ledger.refused(at, `there is no service '${key}' in this file`)
  }
  if (node?.kind === 'map')
    for (const entry of node.entries) {
      const long = mapOf(session, entry.value)
      const word =
        wordOf(session, present(long, 'condition'), [
          'service_started',
          'service_healthy',
          'service_completed_successfully',
        ]) ?? 'service_started'
      const required = fieldOf(long, 'required')
      if (required && truthOf(session, required) === false)
        session.ledger.changed(required, 'it is part of the stack, and is always waited for')
      const until = {
        service_started: 'started',
        service_healthy: 'healthy',
        service_completed_successfully: 'completed',
      } as const
      add(entry.key, until[word], entry)
    }
  else
    for (const item of itemsOf(session, node)) {
      const key = plainOf(session, item)
      if (key !== undefined) add(key, 'started', item)
    }
  for (const item of itemsOf(session, fieldOf(facts.node, 'links'))) {
    const key = plainOf(session, item)?.split(':')[0]
    if (key !== undefined && !awaited.some(({ to }) => to.key === key)) add(key, 'started', item)
  }
  return awaited.filter(({ to, node: at }) => {
    if (to === facts) session.ledger.refused(at, 'a service cannot wait for itself')
    return to !== facts
  })
}

function readDependencies(stores: Stores, facts: ServiceFacts, speaker: Speaker): Expr | undefined {
  const { session, world } = stores
  const awaited = readAwaited(stores, facts)
  for (const { to, node } of awaited) {
    world.link(facts, to, true)
    speakTo(speaker, to, node)
  }
  const items = awaited.map(({ to, until, node }) =>
    code.later(() => {
      if (!world.isBefore(to, facts)) {
        session.ledger.refused(
          node,
          `'${facts.key}' and '${to.key}' wait for each other`,
          'let one of them go first',
        )
        return undefined
      }
      const handle = code.name(world.handle(to))
      if (until === 'started') return code.object({ on: handle, until: code.string('started') })
      return handle
    }),
  )
  return items.length === 0
    ? undefined
    : code.later(() => code.unlessEmpty(code.settle(code.array(items)) ?? code.array([])))
}

/** Names that `links` gives to others: `db:database`. */
function linksOf(session: Session, world: World, node: MapNode): Map<string, ServiceFacts> {
  const links = new Map<string, ServiceFacts>()
  for (const item of itemsOf(session, fieldOf(node, 'links'))) {
    const [key = '', alias] = plainOf(session, item)?.split(':') ?? []
    const to = world.services.get(key)
    if (to && alias !== undefined) links.set(alias, to)
  }
  return links
}

/** Whoever is waited for or named as a host, unless all of its ports are referred to, or it has none. */
function reachesExpr({ world }: Stores, facts: ServiceFacts, { hosts, ports }: Speaker): Expr {
  const isReferred = (to: ServiceFacts): boolean =>
    to.ports.every(({ number }) => ports.get(to)?.has(number) ?? false)
  return code.later(() =>
    code.unlessEmpty(
      code.array(
        [...hosts]
          .filter((to) => world.isBefore(to, facts) && !isReferred(to))
          .map((to) => code.name(world.handle(to))),
      ),
    ),
  )
}

/** `volumes_from: [other:ro]`. */
function withVolumesFrom(stores: Stores, facts: ServiceFacts, mounted: Mounted): void {
  const { session, world } = stores
  for (const item of itemsOf(session, fieldOf(facts.node, 'volumes_from'))) {
    const [key = '', mode] = plainOf(session, item)?.split(':') ?? []
    const other = world.services.get(key)
    if (!other || other === facts) {
      session.ledger.refused(item, `there is no other service '${key}' in this file`)
      continue
    }
    // Read again for its mounts alone: what there is to say of them is said once.
    for (const [target, mount] of readMounts(stores, other).volumes)
      if (!mounted.volumes.has(target))
        mounted.volumes.set(target, { plan: mount.plan, isReadOnly: mount.isReadOnly || mode === 'ro' })
  }
}

/** `pre_start`: each step in a container of its own. */
function readSteps(
  { session, volumes }: Stores,
  speaker: Speaker,
  container: Readonly<Record<string, Expr | undefined>>,
  mounted: Mounted,
): Expr | undefined {
  const { facts } = speaker
  const steps = itemsOf(session, fieldOf(facts.node, 'pre_start')).flatMap((item, index) => {
    const step = mapOf(session, item)
    if (!step) return []
    const imageNode = present(step, 'image')
    const image = imageNode ? imageExpr(session, imageNode) : readImage(session, facts)
    const env = new Map<string, Expr>(
      container['env']?.kind === 'object'
        ? container['env'].fields.map(({ key, value }) => [key, value])
        : [],
    )
    for (const [key, value] of readVariables(speaker, fieldOf(step, 'environment'))) env.set(key, value)
    const value = code.record(
      Object.entries({
        image,
        args: readCommand(speaker, fieldOf(step, 'command')),
        env: code.unlessEmpty(code.record([...env].map(([key, each]) => ({ key, value: each })))),
        mounts: code.unlessEmpty(
          code.record(
            [...mounted.volumes].map(([key, { plan, isReadOnly }]) => ({
              key,
              value: volumes.handle(plan, isReadOnly),
            })),
          ),
        ),
        user: userExpr(session, present(step, 'user')) ?? (imageNode ? undefined : container['user']),
        workingDir:
          textOf(session, present(step, 'working_dir')) ?? (imageNode ? undefined : container['workingDir']),
        privileged: ifTrue(session, fieldOf(step, 'privileged')),
      }).flatMap(([key, each]) => (each ? [{ key, value: each }] : [])),
    )
    return image ? [{ key: `step-${index + 1}`, value }] : []
  })
  return code.unlessEmpty(code.record(steps))
}
