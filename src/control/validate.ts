// Whether a stack document holds together: what it refers to is in it, nothing waits for itself, and no two things want
// the same place. The compiler says most of this first, at the line of TypeScript; here it is said of a document that
// came over the API, whoever made it. Pure. What depends on the cluster is compare.ts's business.

import { formatDuration, serviceAddress } from '../model/index.ts'
import type { StackDocument, TaskTemplate } from '../model/index.ts'
import { badDependencies } from './cycles.ts'
import { portsTakenTwice } from './taken-ports.ts'
import { attributesOfNodes, comparisonsIn, isWord, mistakeIn } from './condition.ts'
import { leastFenceAfterMs } from './fence.ts'
import { missingReferences } from './references.ts'
import type { SupportCode } from './support-codes.ts'
import { sharedSingleWriters } from './writers.ts'

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
  const { stack, services, jobs, crons } = document
  const owners: Owner[] = [
    ...Object.entries(services),
    ...Object.entries(jobs),
    ...Object.entries(crons).map(([name, { job }]) => [name, job] as const),
  ].map(([name, { template }]) => ({ address: serviceAddress(stack, name), template }))
  return [
    ...namesTakenTwice(document),
    ...missingReferences(document, owners),
    ...owners.flatMap((owner) => [...badMounts(owner), ...badSettings(owner)]),
    ...unknownAttributes(document),
    ...portsTakenTwice(document, owners),
    ...sharedSingleWriters(document),
    ...badDependencies(document),
    ...shortLeases(document),
  ].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
}

/** Services, jobs and crons of one name would have one address. */
function namesTakenTwice({ stack, services, jobs, crons }: StackDocument): Refusal[] {
  const kinds = { service: services, job: jobs, cron: crons }
  const found: Refusal[] = []
  const first = new Map<string, string>()
  for (const [kind, table] of Object.entries(kinds))
    for (const name of Object.keys(table)) {
      const other = first.get(name)
      if (other === undefined) first.set(name, kind)
      else
        found.push({
          address: serviceAddress(stack, name),
          what: `${serviceAddress(stack, name)} is both a ${other} and a ${kind}`,
          fix: 'give one of them another name',
        })
    }
  return found
}

function shortLeases({ stack, services }: StackDocument): Refusal[] {
  return Object.entries(services).flatMap(([name, { fenceAfterMs = leastFenceAfterMs }]): Refusal[] => {
    if (fenceAfterMs >= leastFenceAfterMs) return []
    const address = serviceAddress(stack, name)
    return [
      {
        address,
        what: `${address} has a lease of ${formatDuration(fenceAfterMs)}, which no agent can keep`,
        fix: `a fenceAfter of ${formatDuration(leastFenceAfterMs)} or more`,
      },
    ]
  })
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

function unknownAttributes({ stack, services, jobs, crons }: StackDocument): Refusal[] {
  const all = [
    ...Object.entries(services),
    ...Object.entries(jobs),
    ...Object.entries(crons).map(([name, { job }]) => [name, job] as const),
  ]
  return all.flatMap(([name, { placement }]) => {
    const conditions = [...placement.require, ...(placement.prefer ?? []).map(({ when }) => when)]
    const spreads = (placement.spread ?? []).filter(({ attribute }) => !isWord(attribute))
    return [
      ...conditions.flatMap(comparisonsIn).flatMap((each) => mistakeIn(each) ?? []),
      ...spreads.map(({ attribute }) => `a spread over ${attribute}, which no node has a few values of`),
    ].map((mistake) => ({
      address: serviceAddress(stack, name),
      what: `${serviceAddress(stack, name)} is placed by ${mistake}`,
      fix: attributesOfNodes,
    }))
  })
}
