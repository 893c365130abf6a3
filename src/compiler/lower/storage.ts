// Volumes and secrets. Invariant: what a driver cannot do is refused here, so that a volume in a document means one thing:
// 'local' is a folder of the node where it is first used (several tasks that share it run on that node), 'tmpfs' is memory
// that each task has of its own, bind and nfs are one folder that exists without gantry and is never deleted by it.

import type { SecretSpec, VolumeSpec } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
import type { Declared, Encoded } from '../sandbox/opened.ts'
import { cleanPath } from './mounts.ts'
import { readOnChange } from './on-change.ts'
import type { Reader } from './reader.ts'
import { readSchedule } from './schedule.ts'
import { openDeclaration } from './scope.ts'
import type { Declaration, Scope } from './scope.ts'
import { readTimezone } from './timezone.ts'

type Driver = VolumeSpec['driver']

const accesses = ['single-writer', 'per-replica', 'shared', 'read-only'] as const

export function readVolume(scope: Scope, declared: Declared): VolumeSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const { sources } = scope
  const keys = ['volumes', name]
  sources.written(keys, reader.where)
  for (const field of fields.keys()) sources.written([...keys, field], reader.at(['1', field]))
  const size = reader.amount('size', fields.get('size'), ['1', 'size'], { min: 1024, atLeast: '1Ki' })
  const driver = readDriver(reader, fields.get('driver'))
  const access = reader.oneOf(fields.get('access'), ['1', 'access'], accesses)
  const reclaim = reader.oneOf(fields.get('reclaim'), ['1', 'reclaim'], ['retain', 'delete'])
  const backup = readBackup(scope, declaration)
  // What is said of the driver already is not said again of what it contradicts.
  if (driver !== undefined || !fields.has('driver'))
    checkDriver(declaration, { driver: driver ?? { kind: 'local' }, access, reclaim })
  return {
    ...(size === undefined ? {} : { size }),
    access: sources.orDefault([...keys, 'access'], access, 'single-writer'),
    reclaim: sources.orDefault([...keys, 'reclaim'], reclaim, 'retain'),
    driver: sources.orDefault([...keys, 'driver'], driver, { kind: 'local' }),
    ...(backup ? { backup } : {}),
  }
}

const driverKinds = ['bind', 'nfs', 'plugin'] as const
const fieldsOfKind = {
  bind: ['bind'],
  nfs: ['nfs', 'path', 'options'],
  plugin: ['plugin', 'options'],
} as const

function readDriver(reader: Reader, value: Encoded | undefined): Driver | undefined {
  const path = ['1', 'driver']
  if (value === undefined) return undefined
  if (typeof value === 'string') {
    const kind = reader.oneOf(value, path, ['local', 'tmpfs'])
    return kind && { kind }
  }
  const fields = reader.fields(value, path)
  if (!fields) return undefined
  const kinds = driverKinds.filter((each) => fields.has(each))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    reader.refuse(path, {
      code: 'GT2170',
      summary:
        kind === undefined
          ? `the driver of ${reader.subject} is none`
          : `the driver of ${reader.subject} is ${kinds.join(' and ')} at once`,
      notes: ['it is { bind: path }, { nfs: server, path } or { plugin: name }'],
    })
    return undefined
  }
  const known: readonly string[] = fieldsOfKind[kind]
  for (const field of fields.keys())
    if (!known.includes(field)) {
      const summary = `a ${kind} driver has no ${field}`
      reader.refuse([...path, field], { code: 'GT2170', summary }, 'name')
      return undefined
    }
  switch (kind) {
    case 'bind': {
      const bind = readFolder(reader, fields.get('bind'), [...path, 'bind'])
      if (bind !== undefined && isOfTheNode(bind))
        reader.report.warn(reader.at([...path, 'bind']), {
          code: 'GT4015',
          summary: `${reader.subject} is '${bind}' of the node: whoever breaks into what mounts it is root there`,
          fix: "a folder of its own, or acknowledge it: ack('GT4015', 'why')",
        })
      return bind === undefined ? undefined : { kind, path: bind }
    }
    case 'nfs': {
      const server = readServer(reader, fields.get('nfs'), [...path, 'nfs'])
      const folder = readFolder(reader, reader.require(fields, 'path', path), [...path, 'path'])
      const options = reader.strings(fields.get('options'), [...path, 'options']) ?? []
      return server === undefined || folder === undefined
        ? undefined
        : { kind, server, path: folder, options }
    }
    case 'plugin': {
      const name = reader.string(fields.get('plugin'), [...path, 'plugin'])
      const at = [...path, 'options']
      const options = [...(reader.record(fields.get('options'), at) ?? [])].flatMap(
        ([option, each]): [string, string][] => {
          const text = reader.string(each, [...at, option])
          if (option !== '' && option !== '__proto__') return text === undefined ? [] : [[option, text]]
          const summary = `'${option}' cannot be the name of an option`
          reader.refuse([...at, option], { code: 'GT2112', summary }, 'name')
          return []
        },
      )
      if (name === undefined) return undefined
      if (/^[a-z0-9]+(?:[._/:@-][a-z0-9]+)*$/i.test(name))
        return { kind, name, options: Object.fromEntries(options) }
      reader.refuse([...path, 'plugin'], {
        code: 'GT2112',
        summary: `'${name}' is not the name of a volume plugin`,
      })
      return undefined
    }
  }
}

const nodeFolders: ReadonlySet<string> = new Set([
  ...['/boot', '/dev', '/etc', '/proc', '/root', '/run', '/sys', '/usr', '/var'],
  ...['/var/lib', '/var/lib/docker', '/var/lib/containerd', '/var/run'],
])

/** What rules the node: its own folders as a whole, and the sockets of engines. */
function isOfTheNode(path: string): boolean {
  return nodeFolders.has(path) || /\/(?:docker|containerd|podman|crio)\.sock$/.test(path)
}

function readServer(reader: Reader, value: Encoded | undefined, path: readonly string[]): string | undefined {
  const server = reader.string(value, path)
  // A name, an address, or an IPv6 address with or without brackets.
  if (
    server === undefined ||
    /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$|^\[?[0-9A-Fa-f:]+\]?$/.test(server)
  )
    return server
  reader.refuse(path, {
    code: 'GT2112',
    summary: `'${server}' is not the name or address of a server`,
    ...(server.includes('/') || server.includes(':') ? { label: "the folder goes into path: '…'" } : {}),
  })
  return undefined
}

function readFolder(reader: Reader, value: Encoded | undefined, path: readonly string[]): string | undefined {
  const folder = reader.string(value, path)
  if (folder === undefined) return undefined
  const clean = cleanPath(folder)
  if (folder.startsWith('/') && clean === folder && folder !== '/') return folder
  const refuse = (summary: string, label?: string): void =>
    reader.refuse(path, { code: 'GT2171', summary, ...(label === undefined ? {} : { label }) })
  if (!folder.startsWith('/'))
    refuse(`the path '${folder}' of ${reader.subject} is not absolute`, "begins with '/'")
  else if (clean === '/') refuse(`${reader.subject} would be all of the file system`)
  else refuse(`the path '${folder}' of ${reader.subject} can be written shorter`, `write '${clean}'`)
  return undefined
}

function readBackup(scope: Scope, { reader, fields }: Declaration): VolumeSpec['backup'] {
  const path = ['1', 'backup']
  const value = fields.get('backup')
  const timezone = readTimezone(reader, fields.get('timezone'), ['1', 'timezone'])
  if (value === undefined) {
    if (fields.has('timezone'))
      reader.refuse(
        ['1', 'timezone'],
        {
          code: 'GT2170',
          summary: `${reader.subject} has a timezone and no backup`,
          label: 'it is that of the backup',
        },
        'name',
      )
    return undefined
  }
  const read = readSchedule(scope, reader, value, path)
  if (!read) return undefined
  const { schedule, keep } = read
  if (keep === undefined) {
    reader.refuse(path, {
      code: 'GT2172',
      summary: `the backup of ${reader.subject} does not say how many are kept`,
      label: 'every`… keep 7`',
    })
    return undefined
  }
  return { schedule, timezone: timezone ?? 'UTC', keep }
}

/** What a driver cannot do. */
function checkDriver(
  { reader, fields }: Declaration,
  volume: {
    readonly driver: Driver
    readonly access: VolumeSpec['access'] | undefined
    readonly reclaim: VolumeSpec['reclaim'] | undefined
  },
): void {
  const { driver, access, reclaim } = volume
  const span = fields.has('driver') ? reader.report.spanOf(reader.at(['1', 'driver'])) : undefined
  const related = span ? { related: [{ span, label: 'because of its driver' }] } : {}
  const refuse = (field: string, summary: string, more: { label?: string; fix?: string } = {}): void =>
    reader.refuse(['1', field], {
      code: 'GT2170',
      summary,
      ...more,
      ...(field === 'driver' ? {} : related),
    })
  switch (driver.kind) {
    case 'tmpfs':
      if (access !== 'per-replica' && (access !== undefined || !fields.has('access')))
        refuse(
          fields.has('access') ? 'access' : 'driver',
          `${reader.subject} is memory, which each task has of its own`,
          {
            label: "write access: 'per-replica'",
          },
        )
      if (fields.has('reclaim'))
        refuse('reclaim', `${reader.subject} is memory, and gone with its task: there is nothing to reclaim`)
      if (fields.has('backup'))
        refuse('backup', `${reader.subject} is memory, and gone with its task: there is nothing to back up`)
      return
    case 'bind':
    case 'nfs':
      if (access === 'per-replica')
        refuse('access', `${reader.subject} is one folder, and cannot be 'per-replica'`, {
          fix: "access: 'shared', or another driver",
        })
      if (reclaim === 'delete')
        refuse(
          'reclaim',
          `${reader.subject} is a folder that exists without gantry, which does not delete it`,
        )
      return
    case 'local':
      if (access === 'read-only')
        refuse('access', `${reader.subject} is made empty, and nobody could ever write it`, {
          fix: 'mount it with .readOnly() where it is only read',
        })
      return
    case 'plugin':
      return
  }
}

export function readSecret(scope: Scope, declared: Declared): SecretSpec | undefined {
  const { sources } = scope
  if (declared.input !== undefined) {
    // Its options are those of the input, and were judged with the inputs.
    const name = typeof declared.name === 'string' ? declared.name : ''
    sources.written(['secrets', name], { calls: declared.calls, path: [] })
    return { input: declared.input }
  }
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const keys = ['secrets', name]
  sources.written(keys, reader.where)
  if (fields.has('onChange')) sources.written([...keys, 'onChange'], reader.at(['1', 'onChange']))
  const onChange = readOnChange(reader, fields.get('onChange'), ['1', 'onChange'])
  const generateBytes = readGenerate(scope, declaration)
  return {
    ...(generateBytes === undefined ? {} : { generateBytes }),
    ...(onChange === undefined ? {} : { onChange }),
  }
}

function readGenerate(scope: Scope, { reader, fields, name }: Declaration): number | undefined {
  const path = ['1', 'generate']
  const value = fields.get('generate')
  if (value !== undefined && isReference(value)) {
    reader.misfit(value, path)
    return undefined
  }
  const generate = reader.fields(value, path)
  if (!generate) return undefined
  scope.sources.written(['secrets', name, 'generateBytes'], reader.at(path))
  return reader.whole(reader.require(generate, 'bytes', path), [...path, 'bytes'], { min: 16, max: 1024 })
}
