// What a container reserves and may use. Invariant: a limit is never below what is reserved, and every amount is in the
// base unit of the document (thousandths of a core, bytes).

import { nearest } from '../../model/index.ts'
import type { TaskTemplate } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import { isObject, isReference } from '../sandbox/opened.ts'
import { cleanPath } from './mounts.ts'
import type { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

type Resources = TaskTemplate['resources']

/** Docker runs nothing with less. */
const leastMemory = { min: 6 * 1024 * 1024, atLeast: '6Mi' }

export function readResources(scope: Scope, { reader, fields }: Declaration, keys: DocumentKeys): Resources {
  const path = reader.path('resources')
  const given = reader.fields(fields.get('resources'), path)
  const of = [...keys, 'resources']
  for (const name of given?.keys() ?? []) scope.sources.written([...of, name], reader.at([...path, name]))
  const amount = (kind: 'cores' | 'size', name: string, bounds?: { min: number; atLeast: string }) =>
    reader.amount(kind, given?.get(name), [...path, name], bounds)
  const cpu = amount('cores', 'cpu')
  const cpuLimit = amount('cores', 'cpuLimit', { min: 1, atLeast: '1m' })
  const memory = amount('size', 'memory', leastMemory)
  const memoryLimit = amount('size', 'memoryLimit', leastMemory)
  const shm = amount('size', 'shm', { min: 1024, atLeast: '1Ki' })
  const pids = reader.whole(given?.get('pids'), [...path, 'pids'], { min: 1, max: 4_194_304 })
  if (cpu !== undefined && cpuLimit !== undefined && cpuLimit < cpu)
    reader.refuse([...path, 'cpuLimit'], {
      code: 'GT2109',
      summary: `cpuLimit of ${reader.subject} is less than the cpu that is reserved`,
    })
  if (memory !== undefined && memoryLimit !== undefined && memoryLimit < memory)
    reader.refuse([...path, 'memoryLimit'], {
      code: 'GT2109',
      summary: `memoryLimit of ${reader.subject} is less than the memory that is reserved`,
    })
  const limit = memoryLimit ?? memory
  if (shm !== undefined && limit !== undefined && shm > limit) {
    const span = reader.report.spanOf(
      reader.at([...path, memoryLimit === undefined ? 'memory' : 'memoryLimit']),
    )
    reader.refuse([...path, 'shm'], {
      code: 'GT2137',
      summary: `shm of ${reader.subject} is more than all the memory that it may use`,
      ...(span ? { related: [{ span, label: 'the limit' }] } : {}),
    })
  }
  const ulimits = readUlimits(reader, given?.get('ulimits'), [...path, 'ulimits'])
  const devices = readDevices(reader, given?.get('devices'), [...path, 'devices'])
  const gpus = readGpus(reader, given?.get('gpus'), [...path, 'gpus'])
  return {
    cpu: scope.sources.orDefault([...of, 'cpu'], cpu, 0),
    memory: scope.sources.orDefault([...of, 'memory'], memory, 0),
    ...(cpuLimit === undefined ? {} : { cpuLimit }),
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(pids === undefined ? {} : { pids }),
    ...(shm === undefined ? {} : { shm }),
    ...(ulimits === undefined ? {} : { ulimits }),
    ...(devices === undefined ? {} : { devices }),
    ...(gpus === undefined ? {} : { gpus }),
  }
}

/** Names of setrlimit(2) without RLIMIT_, as Docker takes them. */
const limitNames = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
]

function readUlimits(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): Resources['ulimits'] {
  const given = reader.record(value, path)
  const entries = [...(given ?? [])].flatMap(([name, each]): [string, { soft: number; hard: number }][] => {
    const at = [...path, name]
    if (!limitNames.includes(name)) {
      const guess = nearest(name, limitNames)
      reader.refuse(
        at,
        {
          code: 'GT2121',
          summary: `the kernel has no limit '${name}'`,
          ...(guess === undefined
            ? { notes: [`its limits are ${limitNames.join(', ')}`] }
            : { label: `did you mean '${guess}'?` }),
        },
        'name',
      )
      return []
    }
    const bounds = { min: -1, max: Number.MAX_SAFE_INTEGER }
    if (typeof each === 'number' || !isObject(each) || isReference(each)) {
      const both = reader.whole(each, at, bounds)
      return both === undefined ? [] : [[name, { soft: both, hard: both }]]
    }
    const fields = reader.fields(each, at)
    if (!fields) return []
    const soft = reader.whole(reader.require(fields, 'soft', at), [...at, 'soft'], bounds)
    const hard = reader.whole(reader.require(fields, 'hard', at), [...at, 'hard'], bounds)
    if (soft === undefined || hard === undefined) return []
    if (hard !== -1 && (soft === -1 || soft > hard))
      reader.refuse([...at, 'soft'], {
        code: 'GT2121',
        summary: `the soft limit of '${name}' of ${reader.subject} is above the hard one`,
      })
    return [[name, { soft, hard }]]
  })
  return given && entries.length > 0 ? Object.fromEntries(entries) : undefined
}

const deviceAccess = ['r', 'w', 'rw', 'rm', 'wm', 'rwm'] as const

function readDevices(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): Resources['devices'] {
  const seen = new Set<string>()
  const devices = reader.list(value, path)?.flatMap((each, index) => {
    const at = [...path, String(index)]
    const fields = typeof each === 'string' ? new Map([['host', each]]) : reader.fields(each, at)
    if (!fields) return []
    const hostAt = typeof each === 'string' ? at : [...at, 'host']
    const host = readDevicePath(reader, reader.require(fields, 'host', at), hostAt)
    const container = readDevicePath(reader, fields.get('container'), [...at, 'container']) ?? host
    const access = reader.oneOf(fields.get('access'), [...at, 'access'], deviceAccess) ?? 'rwm'
    if (host === undefined || container === undefined) return []
    if (seen.has(container))
      reader.refuse(fields.has('container') ? [...at, 'container'] : hostAt, {
        code: 'GT2120',
        summary: `two devices of ${reader.subject} are '${container}' in the container`,
      })
    seen.add(container)
    return [{ host, container, access }]
  })
  return devices && devices.length > 0 ? devices : undefined
}

function readDevicePath(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): string | undefined {
  const device = reader.string(value, path)
  if (device === undefined || (/^\/[^:]+$/.test(device) && cleanPath(device) === device)) return device
  const better = device.startsWith('/') ? cleanPath(device) : `/dev/${device.replace(/^(?:dev\/)?/, '')}`
  reader.refuse(path, {
    code: 'GT2106',
    summary: `'${device}' is not the path of a device`,
    ...(/^\/[\w./-]+$/.test(better) ? { label: `write '${better}'` } : {}),
    ...(device.includes(':')
      ? { notes: ['a device under another name is { host, container, access }'] }
      : {}),
  })
  return undefined
}

const gpuBounds = { min: 1, max: 64 }

function readGpus(reader: Reader, value: Encoded | undefined, path: readonly string[]): Resources['gpus'] {
  if (value === undefined) return undefined
  if (typeof value === 'number') {
    const count = reader.whole(value, path, gpuBounds)
    return count === undefined ? undefined : { count }
  }
  const fields = reader.fields(value, path)
  if (!fields) return undefined
  const count = reader.whole(reader.require(fields, 'count', path), [...path, 'count'], gpuBounds)
  const kind = reader.string(fields.get('kind'), [...path, 'kind'])
  if (kind !== undefined && !/^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)?$/i.test(kind)) {
    reader.refuse([...path, 'kind'], {
      code: 'GT2112',
      summary: `'${kind}' is not a kind of GPU`,
      notes: ["write the vendor or the model as the node names it: 'nvidia', 'nvidia/a100'"],
    })
    return undefined
  }
  return count === undefined ? undefined : { count, ...(kind === undefined ? {} : { kind }) }
}
