// Rules about volumes and everything that mounts them. Invariant: data that one task at a time may write is never written
// by two, whichever of services, jobs and crons they belong to.

import type { StackDocument, TaskTemplate, VolumeSpec } from '../../model/index.ts'
import type { ArgumentPath } from '../sites.ts'
import { singleWriterTasks } from '../words.ts'
import { addressOf } from './acknowledged.ts'
import { mostOf } from './replicas.ts'
import type { Where } from './report.ts'
import type { Declarations } from './rules.ts'
import type { Scope } from './scope.ts'
import { allMounts } from './task.ts'

interface Use {
  /** `services/api`. */
  readonly key: string
  /** `service 'api'`. */
  readonly owner: string
  readonly volume: string
  readonly readOnly: boolean
  /** The most memory of the container that mounts it, in bytes; undefined without a limit. */
  readonly limit: number | undefined
  readonly where: Where
}

type Template = Pick<TaskTemplate, 'mounts' | 'resources' | 'sidecars' | 'initContainers'>

/** All mounts of a stack, by services, jobs and crons, in the order of the document. */
function usesOf(document: StackDocument, declarations: Declarations): Use[] {
  const of = (group: string, kind: string, owners: readonly (readonly [string, Template])[]): Use[] =>
    owners.flatMap(([name, template]) =>
      allMounts(template).map(({ path, mount }) => ({
        key: `${group}/${name}`,
        owner: `${kind} '${name}'`,
        volume: mount.volume,
        readOnly: mount.readOnly,
        limit: limitOf(template, path),
        where: { calls: declarations.get(`${group}/${name}`)?.calls ?? [], path },
      })),
    )
  return [
    ...of(
      'services',
      'service',
      Object.entries(document.services).map(([name, each]) => [name, each.template]),
    ),
    ...of(
      'jobs',
      'job',
      Object.entries(document.jobs).map(([name, each]) => [name, each.template]),
    ),
    ...of(
      'crons',
      'cron',
      Object.entries(document.crons).map(([name, each]) => [name, each.job.template]),
    ),
  ]
}

/** Of the container with the mount at `path` in the arguments of the declaration. */
function limitOf(template: Template, [, field, name = '']: ArgumentPath): number | undefined {
  const container =
    field === 'sidecars'
      ? template.sidecars?.[name]
      : field === 'initContainers'
        ? template.initContainers?.find((each) => each.name === name)
        : template
  const { memory = 0, memoryLimit } = container?.resources ?? {}
  return memoryLimit ?? (memory > 0 ? memory : undefined)
}

export function checkVolumes(scope: Scope, document: StackDocument, declarations: Declarations): void {
  const uses = usesOf(document, declarations)
  checkOwners(scope, document, uses)
  checkWritersAtOnce(scope, document, declarations, uses)
  checkMemory(scope, document, declarations, uses)
  warnOfUnused(scope, document, declarations, uses)
  warnOfOneNode(scope, document, uses)
}

/** A 'single-writer' volume is written by one owner, a 'per-replica' volume is mounted by one. */
function checkOwners(scope: Scope, document: StackDocument, uses: readonly Use[]): void {
  const first = new Map<string, Use>()
  for (const use of uses) {
    const { access, driver } = document.volumes[use.volume] ?? {}
    // Memory is each task's own, whosever it is.
    if (driver?.kind === 'tmpfs') continue
    const isWriter = access === 'single-writer' && !use.readOnly
    if (!isWriter && access !== 'per-replica') continue
    const data = isWriter ? (sourceOf(driver) ?? use.volume) : use.volume
    const other = first.get(data)
    if (!other) {
      first.set(data, use)
      continue
    }
    if (other.key === use.key) continue
    const span = scope.report.spanOf(other.where)
    const [one, two] = [nameIn(other.key), nameIn(use.key)]
    scope.report.refuse(
      use.where,
      isWriter
        ? {
            code: 'GT2105',
            summary:
              other.volume === use.volume
                ? `'${one}' and '${two}' both write the 'single-writer' volume '${use.volume}'`
                : `'${one}' and '${two}' both write one folder, as the 'single-writer' volumes '${other.volume}' and '${use.volume}'`,
            ...(span ? { related: [{ span, label: 'written here too' }] } : {}),
            fix: "access: 'shared' on the volume, or mount it with .readOnly() where it is only read",
          }
        : {
            code: 'GT2173',
            summary: `'${one}' and '${two}' both mount the 'per-replica' volume '${use.volume}'`,
            ...(span ? { related: [{ span, label: 'mounted here too' }] } : {}),
            fix: "a volume for each of them, or access: 'shared'",
          },
    )
  }
}

/** What the data is when it is there without the volume: two volumes of one folder are one. */
function sourceOf(driver: VolumeSpec['driver'] | undefined): string | undefined {
  // No name of a volume has a colon in it.
  if (driver?.kind === 'bind') return `bind:${driver.path}`
  return driver?.kind === 'nfs' ? `nfs:${driver.server.toLowerCase()}:${driver.path}` : undefined
}

function nameIn(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}

/** One job may have several tasks at a time too. Services are judged where they are read (service.ts). */
function checkWritersAtOnce(
  scope: Scope,
  document: StackDocument,
  declarations: Declarations,
  uses: readonly Use[],
): void {
  const written = new Map<string, Use>()
  for (const use of uses)
    if (!use.readOnly && document.volumes[use.volume]?.access === 'single-writer' && !written.has(use.key))
      written.set(use.key, use)
  const refuse = (key: string, field: string, summary: string): void => {
    const use = written.get(key)
    const declared = declarations.get(key)
    if (!use || !declared) return
    const span = scope.report.spanOf(use.where)
    scope.report.refuse(
      { calls: declared.calls, path: ['1', field] },
      {
        ...singleWriterTasks(use.owner, summary),
        label: `two tasks would write '${use.volume}'`,
        ...(span ? { related: [{ span, label: 'mounted here' }] } : {}),
      },
    )
  }
  const jobs = [
    ...Object.entries(document.jobs).map(([name, job]) => [`jobs/${name}`, job] as const),
    ...Object.entries(document.crons).map(([name, cron]) => [`crons/${name}`, cron.job] as const),
  ]
  for (const [key, job] of jobs)
    if (job.perNode) refuse(key, 'perNode', 'forbids perNode')
    else if (job.parallelism > 1) refuse(key, 'parallelism', 'allows one task at a time')
  for (const [name, cron] of Object.entries(document.crons))
    if (cron.overlap === 'allow') {
      refuse(`crons/${name}`, 'overlap', "forbids overlap 'allow'")
      checkSlots(scope, document, declarations, { key: `crons/${name}`, uses })
    }
}

/** Runs that go on side by side have the same slots, each of which has one volume. */
function checkSlots(
  { report }: Scope,
  document: StackDocument,
  declarations: Declarations,
  { key, uses }: { readonly key: string; readonly uses: readonly Use[] },
): void {
  const declared = declarations.get(key)
  const use = uses.find((each) => {
    const { access, driver } = document.volumes[each.volume] ?? {}
    return each.key === key && access === 'per-replica' && driver?.kind !== 'tmpfs'
  })
  if (!declared || !use) return
  const span = report.spanOf(use.where)
  report.refuse(
    { calls: declared.calls, path: ['1', 'overlap'] },
    {
      code: 'GT2173',
      summary: `${use.owner}: a 'per-replica' volume forbids overlap 'allow'`,
      label: `two runs at once would have the same '${use.volume}'`,
      ...(span ? { related: [{ span, label: 'mounted here' }] } : {}),
      fix: "access: 'shared' on the volume, or overlap: 'forbid'",
    },
  )
}

/** What is written to memory counts as memory of the container. */
function checkMemory(
  { report }: Scope,
  { volumes }: StackDocument,
  declarations: Declarations,
  uses: readonly Use[],
): void {
  for (const { volume, limit, owner, where } of uses) {
    const { driver, size } = volumes[volume] ?? {}
    if (driver?.kind !== 'tmpfs' || size === undefined || limit === undefined || size <= limit) continue
    const declared = declarations.get(`volumes/${volume}`)
    const span = declared && report.spanOf({ calls: declared.calls, path: ['1', 'size'] })
    report.refuse(where, {
      code: 'GT2137',
      summary: `volume '${volume}' is memory, and larger than all that ${owner} may use`,
      label: 'it counts as memory of this container',
      ...(span ? { related: [{ span, label: 'its size' }] } : {}),
    })
  }
}

function warnOfUnused(
  scope: Scope,
  document: StackDocument,
  declarations: Declarations,
  uses: readonly Use[],
): void {
  const mounted = new Set(uses.map((each) => each.volume))
  for (const name of Object.keys(document.volumes)) {
    const declared = declarations.get(`volumes/${name}`)
    if (mounted.has(name) || !declared) continue
    scope.report.about = addressOf(document.stack, declared)
    scope.report.warn(
      { calls: declared.calls, path: ['0'] },
      {
        code: 'GT4021',
        summary: `nothing mounts volume '${name}'`,
        fix: "mount it, take it away, or acknowledge it: ack('GT4021', 'why')",
      },
    )
  }
}

/** Tasks follow the data of a local volume, so all that share it are on one node. */
function warnOfOneNode(scope: Scope, document: StackDocument, uses: readonly Use[]): void {
  for (const use of uses) {
    const volume = document.volumes[use.volume]
    const service = use.key.startsWith('services/') ? document.services[nameIn(use.key)] : undefined
    if (volume?.driver.kind !== 'local' || volume.access !== 'shared' || !service) continue
    const most = mostOf(service)
    if (most !== undefined && most < 2) continue
    scope.report.about = addressOf(document.stack, { kind: 'service', name: nameIn(use.key) })
    scope.report.warn(use.where, {
      code: 'GT4023',
      summary: `all tasks of ${use.owner} run on one node: volume '${use.volume}' is a folder of it`,
      fix: "driver: { nfs: … } or { plugin: … } on the volume, or acknowledge it: ack('GT4023', 'why')",
    })
  }
}
