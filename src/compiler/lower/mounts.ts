// What stands in a container at a path of its own: volumes and configs. Invariant: each path is absolute, written in its
// shortest form, and holds one thing.

import { posix } from 'node:path'
import type { Mount } from '../../model/index.ts'
import { isObject, isReference, membersOf } from '../sandbox/opened.ts'
import type { Encoded, Reference } from '../sandbox/opened.ts'
import type { References } from './references.ts'
import type { Declaration, Scope } from './scope.ts'
import { secretFolder, useConfig } from './text.ts'
import type { Uses } from './text.ts'

type AccessWord = 'single-writer' | 'per-replica' | 'shared' | 'read-only'

/** What a volume is declared as, whichever is read first; what is no access is refused at the volume. */
export function accessOf(references: References, volume: Reference): AccessWord {
  const { options } = references.declared(volume)
  const access = isObject(options) && !isReference(options) ? options['access'] : undefined
  return access === 'per-replica' || access === 'shared' || access === 'read-only' ? access : 'single-writer'
}

export function readMounts(scope: Scope, { reader, fields }: Declaration): Record<string, Mount> {
  const entries = [...(reader.record(fields.get('mounts'), reader.path('mounts')) ?? [])].flatMap(
    ([target, each]): [string, Mount][] => {
      const path = reader.path('mounts', target)
      const problem = pathProblem(target, 'mount at')
      if (problem) reader.refuse(path, { code: 'GT2106', ...problem }, 'name')
      const volume = reader.reference(each, path, 'volume')
      if (!volume || problem) return []
      const readOnly = volume['readOnly'] === true || accessOf(scope.references, volume) === 'read-only'
      return [[target, { volume: scope.references.nameOf(volume), readOnly }]]
    },
  )
  return Object.fromEntries(entries)
}

/** Names of configs by path; undefined when there are none. */
export function readConfigs(
  scope: Scope,
  { reader, fields }: Declaration,
  mounts: Readonly<Record<string, Mount>>,
  uses: Uses,
): Record<string, string> | undefined {
  const given = reader.record(fields.get('configs'), reader.path('configs'))
  const entries = [...(given ?? [])].flatMap(([target, each]): [string, string][] => {
    const path = reader.path('configs', target)
    const problem = pathProblem(target, 'have a config at')
    if (problem) reader.refuse(path, { code: 'GT2106', ...problem }, 'name')
    const config = reader.reference(each, path, 'config')
    if (!config || problem) return []
    if (Object.hasOwn(mounts, target)) {
      const span = reader.report.spanOf(reader.at(reader.path('mounts', target)))
      reader.refuse(
        path,
        {
          code: 'GT2120',
          summary: `'${target}' of ${reader.subject} is both a config and a volume`,
          ...(span ? { related: [{ span, label: 'a volume is mounted here' }] } : {}),
        },
        'name',
      )
      return []
    }
    useConfig(scope.references, config, uses)
    return [[target, scope.references.nameOf(config)]]
  })
  const inside = entries.find(([target]) => entries.some(([other]) => target.startsWith(`${other}/`)))
  if (inside)
    reader.refuse(
      reader.path('configs', inside[0]),
      {
        code: 'GT2120',
        summary: `the path '${inside[0]}' of ${reader.subject} is inside of another config, which is a file`,
      },
      'name',
    )
  for (const target of Object.keys(mounts)) {
    const file = entries.find(([other]) => target.startsWith(`${other}/`))
    if (!file) continue
    const span = reader.report.spanOf(reader.at(reader.path('configs', file[0])))
    reader.refuse(
      reader.path('mounts', target),
      {
        code: 'GT2120',
        summary: `the path '${target}' of ${reader.subject} is inside of a config, which is a file`,
        ...(span ? { related: [{ span, label: 'the config' }] } : {}),
      },
      'name',
    )
  }
  return given && entries.length > 0 ? Object.fromEntries(entries) : undefined
}

const kernelFolders = ['/proc', '/sys', '/dev']

function pathProblem(path: string, verb: string): { summary: string; label?: string } | undefined {
  if (!path.startsWith('/'))
    return { summary: `the path '${path}' to ${verb} is not absolute`, label: "begins with '/'" }
  const clean = cleanPath(path)
  if (clean === '/') return { summary: "nothing can be mounted at '/'" }
  if (clean !== path)
    return { summary: `the path '${path}' to ${verb} can be written shorter`, label: `write '${clean}'` }
  const kernel = kernelFolders.find((each) => clean === each || clean.startsWith(`${each}/`))
  if (clean === '/dev/shm')
    return { summary: "'/dev/shm' is memory of the container's own", label: 'resources.shm says its size' }
  if (kernel !== undefined)
    return { summary: `'${clean}' cannot be the path to ${verb}: the kernel makes what is in '${kernel}'` }
  if (clean === '/run' || clean === '/var/run')
    return {
      summary: `'${clean}' cannot be the path to ${verb}: it would cover '${secretFolder}'`,
      label: 'a folder below it can',
    }
  if (clean === secretFolder || clean.startsWith(`${secretFolder}/`))
    return { summary: `'${secretFolder}' is where secrets are mounted` }
  // Docker's own separator in what it is told to mount.
  return path.includes(':') || path.includes('\0')
    ? { summary: `the path '${path}' to ${verb} has a character that no mount can have` }
    : undefined
}

/** The shortest way to write an absolute path. */
export function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '')
}

/** A volume that a container of a task may write, with its place in the arguments. */
export interface WrittenVolume {
  readonly name: string
  readonly access: AccessWord
  /** Memory of the task, which nobody else has. */
  readonly isOwn: boolean
  readonly path: readonly string[]
}

/** What the main container, its sidecars and its init containers may write; whatever does not fit is left out. */
export function writtenVolumes(references: References, { reader, fields }: Declaration): WrittenVolume[] {
  const of = (value: Encoded | undefined, path: readonly string[]): WrittenVolume[] =>
    membersIn(value).flatMap(([target, each]) => {
      if (!isReference(each) || each.$ !== 'volume' || each['readOnly'] === true) return []
      const access = accessOf(references, each)
      if (access === 'read-only') return []
      const { options } = references.declared(each)
      const isOwn = isObject(options) && options['driver'] === 'tmpfs'
      return [{ name: references.nameOf(each), access, isOwn, path: [...path, target] }]
    })
  const beside = ['sidecars', 'initContainers'].flatMap((field) =>
    membersIn(fields.get(field)).flatMap(([name, each]) =>
      isObject(each) && !isReference(each) ? of(each['mounts'], reader.path(field, name, 'mounts')) : [],
    ),
  )
  return [...of(fields.get('mounts'), reader.path('mounts')), ...beside]
}

function membersIn(value: Encoded | undefined): [string, Encoded][] {
  return isObject(value) && !isReference(value) ? membersOf(value) : []
}
