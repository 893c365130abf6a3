// What all containers have in common: main, sidecar and init, of services, jobs and crons. Invariant: every field of the
// vocabulary ends in the template or in a refusal. What only the kernel cares about is read in kernel.ts, what is
// mounted in mounts.ts.

import type { TaskTemplate } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import { readImage } from './image.ts'
import type { Reader } from './reader.ts'
import { readKernel } from './kernel.ts'
import { readConfigs, readMounts } from './mounts.ts'
import { readResources } from './resources.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'
import { readSignal } from './signals.ts'
import { readEnv } from './text.ts'
import type { Reaching } from './text.ts'

export type Container = Omit<
  TaskTemplate,
  'ports' | 'health' | 'probes' | 'sidecars' | 'initContainers' | 'restart'
>

/** Fields whose value stands in the template under the same name. */
const sameName = [
  'image',
  'command',
  'args',
  'user',
  'groups',
  'workingDir',
  'readOnlyRoot',
  'stopSignal',
  'capabilities',
  'privileged',
  'seccomp',
  'apparmor',
  'runtime',
  'init',
  'logging',
]

/** `keys` lead to the template in the document; what the container refers to is added to `reaching`. */
export function readContainer(
  scope: Scope,
  declaration: Declaration,
  keys: DocumentKeys,
  reaching: Reaching,
): Container {
  const { reader, fields } = declaration
  const { sources } = scope
  const at = (...path: readonly string[]): readonly string[] => reader.path(...path)
  const uses = { files: new Set<string>(), reaching }
  const written = (name: string, key = name): void => {
    if (fields.has(name)) sources.written([...keys, key], reader.at(at(name)))
  }
  for (const name of sameName) written(name)
  written('stopGrace', 'stopGraceMs')
  written('secrets', 'secretFiles')
  for (const record of ['env', 'labels', 'mounts', 'configs', 'sysctls'])
    for (const name of memberNames(fields.get(record)))
      sources.written([...keys, record, name], reader.at(at(record, name)))

  const image = reader.require(fields, 'image', at())
  const command = reader.strings(fields.get('command'), at('command'))
  if (command?.length === 0) {
    reader.refuse(at('command'), {
      code: 'GT2112',
      summary: `command of ${reader.subject} is empty`,
      label: 'leave it out to keep the entry point of the image',
    })
  }
  const optional = {
    command,
    args: reader.strings(fields.get('args'), at('args')),
    user: readUser(declaration),
    groups: readGroups(declaration),
    workingDir: readFolder(declaration),
    stopSignal: readSignal(reader, fields.get('stopSignal'), at('stopSignal'), 'stopSignal'),
    init: reader.boolean(fields.get('init'), at('init')),
    logging: readLogging(declaration),
  }
  const env = readEnv(reader, fields.get('env'), at('env'), uses)
  for (const [index, each] of (reader.list(fields.get('secrets'), at('secrets')) ?? []).entries()) {
    const secret = reader.reference(each, at('secrets', String(index)), 'secret')
    if (secret) uses.files.add(scope.references.nameOf(secret))
  }
  const mounts = readMounts(scope, declaration)
  const configs = readConfigs(scope, declaration, mounts, uses)
  const [secret] = uses.files
  if (optional.user !== undefined && secret !== undefined)
    checkOwner(reader, at('user'), { user: optional.user, secret })
  return {
    // A document with a mistake in it is not given out, so what stands in for a missing image is never seen.
    image: (image === undefined ? undefined : readImage(reader, image, scope.folders)) ?? { ref: 'none' },
    ...withoutUndefined(optional),
    env,
    labels: readLabels(declaration),
    mounts,
    ...(configs ? { configs } : {}),
    secretFiles: [...uses.files].sort(),
    resources: readResources(scope, declaration, keys),
    readOnlyRoot: sources.orDefault(
      [...keys, 'readOnlyRoot'],
      reader.boolean(fields.get('readOnlyRoot'), at('readOnlyRoot')),
      false,
    ),
    stopGraceMs: sources.orDefault(
      [...keys, 'stopGraceMs'],
      reader.amount('time', fields.get('stopGrace'), at('stopGrace')),
      10_000,
    ),
    ...readKernel(scope, declaration),
  }
}

export function memberNames(value: Encoded | undefined): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isReference(value)
    ? Object.keys(value)
    : []
}

/** Members that are not given are absent, not undefined. */
function withoutUndefined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>
  } // exactly the members that were left in
}

const userPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

function readUser({ reader, fields }: Declaration): string | undefined {
  const path = reader.path('user')
  const user = reader.string(fields.get('user'), path)
  const parts = user?.split(':') ?? []
  if (user === undefined || (parts.length <= 2 && parts.every((part) => userPattern.test(part)))) return user
  reader.refuse(path, {
    code: 'GT2112',
    summary: `user '${user}' of ${reader.subject} is not a user`,
    notes: ["write 'name', 'name:group', or numbers such as '1000:1000'"],
  })
  return undefined
}

/** Whose files they are is set before the container starts, when nobody has looked into its image. */
function checkOwner(
  reader: Reader,
  path: readonly string[],
  { user, secret }: { readonly user: string; readonly secret: string },
): void {
  const [name = ''] = user.split(':')
  if (/^(?:root|\d+)$/.test(name)) return
  reader.refuse(path, {
    code: 'GT2134',
    summary: `user '${name}' of ${reader.subject} has no number, and is to own the file of secret '${secret}'`,
    label: "write its number, such as '1000'",
    notes: ['which number a name stands for is known inside the image only'],
  })
}

/** The largest number of a group that Linux has. */
const largestGroup = 4_294_967_294

function readGroups({ reader, fields }: Declaration): string[] | undefined {
  const path = reader.path('groups')
  return reader.list(fields.get('groups'), path)?.flatMap((each, index) => {
    const at = [...path, String(index)]
    if (typeof each === 'number') {
      const number = reader.whole(each, at, { min: 0, max: largestGroup })
      return number === undefined ? [] : [String(number)]
    }
    const name = reader.string(each, at)
    if (name === undefined) return []
    if (userPattern.test(name)) return [name]
    reader.refuse(at, { code: 'GT2112', summary: `'${name}' is not the name of a group` })
    return []
  })
}

function readFolder({ reader, fields }: Declaration): string | undefined {
  const path = reader.path('workingDir')
  const folder = reader.string(fields.get('workingDir'), path)
  if (folder === undefined || folder.startsWith('/')) return folder
  reader.refuse(path, {
    code: 'GT2106',
    summary: `workingDir '${folder}' of ${reader.subject} is not absolute`,
    label: "begins with '/'",
  })
  return undefined
}

function readLabels({ reader, fields }: Declaration): Record<string, string> {
  const entries = [...(reader.record(fields.get('labels'), reader.path('labels')) ?? [])].flatMap(
    ([name, each]): [string, string][] => {
      const path = reader.path('labels', name)
      const text = reader.string(each, path)
      const isOwn = name === 'gantry' || name.startsWith('gantry.')
      if (isOwn || name === '' || name === '__proto__') {
        reader.refuse(
          path,
          {
            code: 'GT2112',
            summary: isOwn
              ? `labels that begin with 'gantry.' are gantry's own`
              : `'${name}' cannot be the name of a label`,
          },
          'name',
        )
        return []
      }
      return text === undefined ? [] : [[name, text]]
    },
  )
  return Object.fromEntries(entries)
}

function readLogging({ reader, fields }: Declaration): Container['logging'] {
  const path = reader.path('logging')
  const given = reader.fields(fields.get('logging'), path)
  if (!given) return undefined
  const driver = reader.string(reader.require(given, 'driver', path), [...path, 'driver'])
  if (driver !== undefined && !/^[a-zA-Z0-9][\w./:-]*$/.test(driver))
    reader.refuse([...path, 'driver'], {
      code: 'GT2112',
      summary: `'${driver}' is not the name of a log driver`,
      notes: ["names look like 'json-file', 'journald' or 'grafana/loki-docker-driver:latest'"],
    })
  const options = [...(reader.record(given.get('options'), [...path, 'options']) ?? [])].flatMap(
    ([name, each]): [string, string][] => {
      const text = reader.string(each, [...path, 'options', name])
      return text === undefined || name === '__proto__' ? [] : [[name, text]]
    },
  )
  return driver === undefined ? undefined : { driver, options: Object.fromEntries(options) }
}
