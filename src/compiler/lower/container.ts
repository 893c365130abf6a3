// What services and jobs have in common: the container. Invariant: every field of the vocabulary ends in the template or
// in a refusal.

import { posix } from 'node:path'
import type { Mount, TaskTemplate } from '../../model/index.ts'
import { readImage } from './image.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'
import { readEnv, secretFolder } from './text.ts'

/** Docker runs nothing with less. */
const leastMemory = 6 * 1024 * 1024

export type Container = Omit<TaskTemplate, 'ports' | 'health'>

/** `keys` lead to the template in the document. */
export function readContainer(scope: Scope, declaration: Declaration, keys: DocumentKeys): Container {
  const { reader, fields } = declaration
  const { sources } = scope
  const uses = { files: new Set<string>() }
  const written = (name: string, ...to: DocumentKeys): void => {
    if (fields.has(name)) sources.written([...keys, ...(to.length > 0 ? to : [name])], reader.at(['1', name]))
  }
  for (const name of ['image', 'command', 'args', 'user', 'workingDir', 'readOnlyRoot', 'stopSignal'])
    written(name)
  written('stopGrace', 'stopGraceMs')
  written('secrets', 'secretFiles')
  for (const record of ['env', 'labels', 'mounts'])
    for (const name of memberNames(fields.get(record)))
      sources.written([...keys, record, name], reader.at(['1', record, name]))

  const image = reader.require(fields, 'image', ['1'])
  const optional = {
    command: reader.strings(fields.get('command'), ['1', 'command']),
    args: reader.strings(fields.get('args'), ['1', 'args']),
    user: readUser(declaration),
    workingDir: readFolder(declaration),
    stopSignal: readSignal(declaration),
  }
  const env = readEnv(reader, fields.get('env'), uses)
  for (const [index, each] of (reader.list(fields.get('secrets'), ['1', 'secrets']) ?? []).entries()) {
    const secret = reader.reference(each, ['1', 'secrets', String(index)], 'secret')
    if (secret) uses.files.add(scope.references.nameOf(secret))
  }
  return {
    // A document with a mistake in it is not given out, so what stands in for a missing image is never seen.
    image: (image === undefined ? undefined : readImage(reader, image, scope.folders)) ?? { ref: 'none' },
    ...withoutUndefined(optional),
    env,
    labels: readLabels(declaration),
    mounts: readMounts(scope, declaration),
    secretFiles: [...uses.files].sort(),
    resources: readResources(scope, declaration, keys),
    readOnlyRoot: sources.orDefault(
      [...keys, 'readOnlyRoot'],
      reader.boolean(fields.get('readOnlyRoot'), ['1', 'readOnlyRoot']),
      false,
    ),
    stopGraceMs: sources.orDefault(
      [...keys, 'stopGraceMs'],
      reader.amount('time', fields.get('stopGrace'), ['1', 'stopGrace']),
      10_000,
    ),
  }
}

function memberNames(value: unknown): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('$' in value)
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

function readUser({ reader, fields }: Declaration): string | undefined {
  const user = reader.string(fields.get('user'), ['1', 'user'])
  if (user === undefined || /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/.test(user))
    return user
  reader.refuse(['1', 'user'], {
    code: 'GT2112',
    summary: `user '${user}' of ${reader.subject} is not a user`,
    notes: ["write 'name', 'name:group', or numbers such as '1000:1000'"],
  })
  return undefined
}

function readFolder({ reader, fields }: Declaration): string | undefined {
  const folder = reader.string(fields.get('workingDir'), ['1', 'workingDir'])
  if (folder === undefined || folder.startsWith('/')) return folder
  reader.refuse(['1', 'workingDir'], {
    code: 'GT2106',
    summary: `workingDir '${folder}' of ${reader.subject} is not absolute`,
    label: "begins with '/'",
  })
  return undefined
}

function readSignal({ reader, fields }: Declaration): string | undefined {
  const signal = reader.string(fields.get('stopSignal'), ['1', 'stopSignal'])
  if (signal === undefined || /^SIG[A-Z0-9]+(?:[+-]\d+)?$/.test(signal)) return signal
  const better = `SIG${signal.toUpperCase().replace(/^SIG/, '')}`
  reader.refuse(['1', 'stopSignal'], {
    code: 'GT2112',
    summary: `stopSignal '${signal}' of ${reader.subject} is not a signal`,
    ...(/^SIG[A-Z0-9]+$/.test(better) ? { label: `did you mean '${better}'?` } : {}),
  })
  return undefined
}

function readLabels({ reader, fields }: Declaration): Record<string, string> {
  const entries = [...(reader.record(fields.get('labels'), ['1', 'labels']) ?? [])].flatMap(
    ([name, each]): [string, string][] => {
      const path = ['1', 'labels', name]
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

function readMounts(scope: Scope, { reader, fields }: Declaration): Record<string, Mount> {
  const entries = [...(reader.record(fields.get('mounts'), ['1', 'mounts']) ?? [])].flatMap(
    ([target, each]): [string, Mount][] => {
      const path = ['1', 'mounts', target]
      const problem = mountProblem(target)
      if (problem) reader.refuse(path, { code: 'GT2106', ...problem }, 'name')
      const volume = reader.reference(each, path, 'volume')
      if (!volume || problem) return []
      return [[target, { volume: scope.references.nameOf(volume), readOnly: volume['readOnly'] === true }]]
    },
  )
  return Object.fromEntries(entries)
}

function mountProblem(path: string): { summary: string; label?: string } | undefined {
  if (!path.startsWith('/'))
    return { summary: `the path '${path}' to mount at is not absolute`, label: "begins with '/'" }
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, '')
  if (clean === '/') return { summary: "nothing can be mounted at '/'" }
  if (clean !== path)
    return { summary: `the path '${path}' to mount at can be written shorter`, label: `write '${clean}'` }
  if (clean === secretFolder || clean.startsWith(`${secretFolder}/`))
    return { summary: `'${secretFolder}' is where secrets are mounted` }
  return undefined
}

function readResources(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
): TaskTemplate['resources'] {
  const path = ['1', 'resources']
  const given = reader.fields(fields.get('resources'), path)
  const of = [...keys, 'resources']
  for (const name of given?.keys() ?? []) scope.sources.written([...of, name], reader.at([...path, name]))
  const cpu = reader.amount('cores', given?.get('cpu'), [...path, 'cpu'])
  const cpuLimit = reader.amount('cores', given?.get('cpuLimit'), [...path, 'cpuLimit'], {
    min: 1,
    atLeast: '1m',
  })
  const memory = reader.amount('size', given?.get('memory'), [...path, 'memory'], {
    min: leastMemory,
    atLeast: '6Mi',
  })
  if (cpu !== undefined && cpuLimit !== undefined && cpuLimit < cpu)
    reader.refuse([...path, 'cpuLimit'], {
      code: 'GT2109',
      summary: `cpuLimit of ${reader.subject} is less than the cpu that is reserved`,
    })
  return {
    cpu: scope.sources.orDefault([...of, 'cpu'], cpu, 0),
    memory: scope.sources.orDefault([...of, 'memory'], memory, 0),
    ...(cpuLimit === undefined ? {} : { cpuLimit }),
  }
}
