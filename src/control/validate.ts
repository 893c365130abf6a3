// Whether a stack document holds together: what it refers to is in it, nothing waits for itself, and no two things want
// the same place. The compiler says most of this first, at the line of TypeScript; here it is said of a document that
// came over the API, whoever made it. Pure. What depends on the cluster is compare.ts's business.

import { secretAddress, serviceAddress, volumeAddress } from '../model/index.ts'
import type { StackDocument, TaskTemplate } from '../model/index.ts'
import { attributesOfNodes, comparisonsIn, mistakeIn } from './condition.ts'
import type { SupportCode } from './support-codes.ts'
import { secretsUsed } from './task.ts'

/** Why a document cannot be applied, in words for a person. */
export interface Refusal {
  readonly address: string
  readonly what: string
  readonly fix: string
  /** What `gantry explain` knows more of: something that cannot be carried out yet. */
  readonly code?: SupportCode
  /** Where it is in the document, as `Sources` writes it; absent: where the address is declared. */
  readonly path?: string
}

interface Owner {
  readonly address: string
  readonly template: TaskTemplate
}

/** Every mistake, sorted by address; empty when the document can be applied. Linear in its size. */
export function validateDocument(document: StackDocument): Refusal[] {
  const owners: Owner[] = [...Object.entries(document.services), ...Object.entries(document.jobs)].map(
    ([name, { template }]) => ({ address: serviceAddress(document.stack, name), template }),
  )
  return [
    ...namesTakenTwice(document),
    ...owners.flatMap((owner) => [
      ...missingThings(document, owner),
      ...badMounts(owner),
      ...badHealth(owner),
      ...badSettings(owner),
    ]),
    ...unknownAttributes(document),
    ...portsTakenTwice(document, owners),
    ...sharedSingleWriters(document),
    ...badDependencies(document),
  ].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
}

/** A service and a job of one name would have one address. */
function namesTakenTwice({ stack, services, jobs }: StackDocument): Refusal[] {
  return Object.keys(jobs)
    .filter((name) => name in services)
    .map((name) => ({
      address: serviceAddress(stack, name),
      what: `${serviceAddress(stack, name)} is both a service and a job`,
      fix: 'give one of them another name',
    }))
}

function missingThings(document: StackDocument, { address, template }: Owner): Refusal[] {
  const { stack } = document
  const refusals: Refusal[] = []
  const miss = (what: string, fix: string) =>
    refusals.push({ address, what: `${address} ${what}, which is not declared`, fix })
  for (const [path, { volume }] of Object.entries(template.mounts))
    if (!(volume in document.volumes))
      miss(`mounts ${volumeAddress(stack, volume)} at ${path}`, 'declare the volume in the same stack')
  const declared = new Set(Object.keys(document.secrets).map((name) => secretAddress(stack, name)))
  for (const secret of secretsUsed(stack, template))
    if (!declared.has(secret)) miss(`uses ${secret}`, 'declare the secret in the same stack')
  for (const value of Object.values(template.env))
    for (const part of 'text' in value ? value.text : []) {
      if (typeof part === 'string' || !('endpoint' in part)) continue
      const { service, port, container } = part.endpoint
      const ports = own(document.services, service)?.template.ports
      const declared = ports && own(ports, port)
      if (!ports) miss(`speaks of the service ${service}`, 'name a service of the same stack')
      else if (!declared)
        miss(`speaks of the port ${port} of ${service}`, `name one of its ports: ${listOf(ports)}`)
      else if (declared.container !== container)
        refusals.push({
          address,
          what: `${address} speaks of the port ${port} of ${service} as ${container}, and ${service} declares it as ${declared.container}`,
          fix: 'compile the stack again',
        })
    }
  return refusals
}

/** A name may be that of something every object has, such as `constructor`. */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function listOf(record: object): string {
  return Object.keys(record).sort().join(', ') || 'it has none'
}

function badMounts({ address, template }: Owner): Refusal[] {
  return Object.keys(template.mounts).flatMap((path): Refusal[] => {
    const clean = `/${path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')}`
    if (path === clean && path !== '/' && !path.split('/').includes('..') && !isReserved(path)) return []
    const what = isReserved(path)
      ? `${address} mounts a volume at ${path}, where its secrets are`
      : `${address} mounts a volume at ${path}, which is not a plain absolute path of a folder`
    return [
      { address, what, fix: clean === '/' || path === clean ? 'mount it at another path' : `write ${clean}` },
    ]
  })
}

function isReserved(path: string): boolean {
  return path === '/run/secrets' || path.startsWith('/run/secrets/')
}

function badHealth({ address, template }: Owner): Refusal[] {
  const check = template.health?.check
  if (!check || check.kind === 'exec') return []
  if (!(check.port in template.ports))
    return [
      {
        address,
        what: `${address} is probed on its port ${check.port}, which is not declared`,
        fix: `name one of its ports: ${listOf(template.ports)}`,
      },
    ]
  if (check.kind === 'http' && !check.path.startsWith('/'))
    return [{ address, what: `${address} is probed at the path ${check.path}`, fix: `write /${check.path}` }]
  return []
}

/** What would reach the engine as something else than was written. */
function badSettings({ address, template }: Owner): Refusal[] {
  const refusals: Refusal[] = []
  for (const name of Object.keys(template.env))
    if (name === '' || /[=\0]/.test(name))
      refusals.push({
        address,
        what: `${address} sets the environment variable ${JSON.stringify(name)}`,
        fix: 'a name is not empty and holds no "="',
      })
  for (const label of Object.keys(template.labels))
    if (label === '' || label.startsWith('gantry.'))
      refusals.push({
        address,
        what: `${address} sets the label ${JSON.stringify(label)}`,
        fix: 'labels that begin with "gantry." are gantry\'s own',
      })
  return refusals
}

function unknownAttributes({ stack, services, jobs }: StackDocument): Refusal[] {
  return [...Object.entries(services), ...Object.entries(jobs)].flatMap(([name, { placement }]) =>
    [...placement.require, ...(placement.prefer ?? []).map(({ when }) => when)]
      .flatMap(comparisonsIn)
      .flatMap((each) => mistakeIn(each) ?? [])
      .map((mistake) => ({
        address: serviceAddress(stack, name),
        what: `${serviceAddress(stack, name)} is placed by ${mistake}`,
        fix: attributesOfNodes,
      })),
  )
}

function portsTakenTwice({ stack, jobs }: StackDocument, owners: readonly Owner[]): Refusal[] {
  const taken = new Map<number, string>()
  const refusals: Refusal[] = []
  const isJob = new Set(Object.keys(jobs).map((name) => serviceAddress(stack, name)))
  for (const { address, template } of owners)
    for (const [name, { published }] of Object.entries(template.ports)) {
      if (published === undefined) continue
      if (isJob.has(address))
        refusals.push({
          address,
          what: `the job ${address} publishes its port ${name}`,
          fix: 'only a service can publish a port',
        })
      const other = taken.get(published)
      if (other !== undefined)
        refusals.push({
          address,
          what: `${address} publishes port ${published}, which ${other === address ? 'it' : other} publishes already`,
          fix: 'publish it on another port',
        })
      taken.set(published, address)
    }
  return refusals
}

function sharedSingleWriters({ stack, services, volumes }: StackDocument): Refusal[] {
  return Object.entries(services).flatMap(([name, { template, replicas, rollout }]) => {
    const address = serviceAddress(stack, name)
    const written = Object.values(template.mounts).find(
      ({ volume, readOnly }) => !readOnly && volumes[volume]?.access === 'single-writer',
    )
    if (!written) return []
    const volume = volumeAddress(stack, written.volume)
    if (replicas > 1)
      return [
        {
          address,
          what: `${address} has ${replicas} replicas and ${volume} allows a single writer`,
          fix: "one replica, or access 'shared'",
        },
      ]
    if (rollout.order === 'start-first')
      return [
        {
          address,
          what: `${address} starts a new task before the old one has stopped, and ${volume} allows a single writer`,
          fix: "rollout order 'stop-first'",
        },
      ]
    return []
  })
}

function badDependencies({ stack, services, jobs }: StackDocument): Refusal[] {
  const needs = new Map(
    [...Object.entries(services), ...Object.entries(jobs)].map(([name, spec]) => [
      name,
      spec.dependsOn.map(({ on }) => on),
    ]),
  )
  const missing = [...needs].flatMap(([name, on]) =>
    on
      .filter((other) => !needs.has(other))
      .map((other) => ({
        address: serviceAddress(stack, name),
        what: `${serviceAddress(stack, name)} depends on ${other}, which is not declared`,
        fix: 'name a service or a job of the same stack',
      })),
  )
  const cycle = findCycle(needs)
  const [first] = cycle
  if (first === undefined) return missing
  return [
    ...missing,
    {
      address: serviceAddress(stack, first),
      what: `${describeCycle(cycle.map((name) => serviceAddress(stack, name)))}: none would ever start`,
      fix: 'take one of them out of dependsOn',
    },
  ]
}

const cycleShown = 8

function describeCycle(cycle: readonly string[]): string {
  const rest = cycle.length - cycleShown
  const shown = cycle.slice(0, cycleShown)
  return [...shown, ...(rest > 0 ? [`${rest} more`] : []), cycle[0]].join(' waits for ')
}

/** One cycle, the smallest name first; empty when there is none. Takes away what waits for nothing until nothing goes (Kahn 1962). */
function findCycle(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const open = new Map(
    [...needs].map(([name, on]) => [name, new Set(on.filter((other) => needs.has(other)))]),
  )
  const waiting = new Map<string, string[]>()
  for (const [name, on] of open)
    for (const other of on) {
      const those = waiting.get(other)
      if (those) those.push(name)
      else waiting.set(other, [name])
    }
  const free = [...open].filter(([, on]) => on.size === 0).map(([name]) => name)
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    open.delete(name)
    for (const other of waiting.get(name) ?? []) {
      const on = open.get(other)
      on?.delete(name)
      if (on?.size === 0) free.push(other)
    }
  }
  // Each of what is left waits for another that is left, so following them comes round.
  const path: string[] = []
  for (let at = [...open.keys()].sort()[0]; at !== undefined; at = [...(open.get(at) ?? [])].sort()[0]) {
    const start = path.indexOf(at)
    if (start >= 0) {
      const cycle = path.slice(start)
      const smallest = cycle.indexOf(cycle.toSorted()[0] ?? '')
      return [...cycle.slice(smallest), ...cycle.slice(0, smallest)]
    }
    path.push(at)
  }
  return []
}
