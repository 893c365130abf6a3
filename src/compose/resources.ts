// Cpu, memory, processes, devices and GPUs of a service. Invariant: where two keys say one thing, the more exact one
// (deploy) counts and the report says so; a limit is never turned into a reservation.

import { readWhole, sizeOf, spellCpus } from './amounts.ts'
import * as code from './code.ts'
import type { Expr } from './code.ts'
import type { Session } from './session.ts'
import type { MapNode, Node } from './tree.ts'
import { cpuExpr, fieldOf, isNull, itemsOf, mapOf, numberExpr, plainOf, sizeExpr, truthOf } from './values.ts'

export function readResources(session: Session, service: MapNode): Expr | undefined {
  const deploy = mapOf(session, fieldOf(service, 'deploy'))
  const resources = mapOf(session, fieldOf(deploy, 'resources'))
  const limits = mapOf(session, fieldOf(resources, 'limits'))
  const reservations = mapOf(session, fieldOf(resources, 'reservations'))
  const memory = preferred(
    session,
    [fieldOf(reservations, 'memory'), fieldOf(service, 'mem_reservation')],
    sizeOrNone,
  )
  const memoryLimit = preferred(
    session,
    [fieldOf(limits, 'memory'), fieldOf(service, 'mem_limit')],
    sizeOrNone,
  )
  const gpus = readGpus(session, service, reservations)
  return code.unlessEmpty(
    code.object({
      cpu: cpuOrNone(session, fieldOf(reservations, 'cpus')),
      cpuLimit: readCpuLimit(session, service, limits),
      memory,
      memoryLimit,
      pids: preferred(session, [fieldOf(limits, 'pids'), fieldOf(service, 'pids_limit')], readPids),
      shm: sizeOrNone(session, fieldOf(service, 'shm_size')),
      ulimits: code.unlessEmpty(readUlimits(session, fieldOf(service, 'ulimits'))),
      devices:
        truthOf(session, fieldOf(service, 'privileged')) === true
          ? undefined
          : code.unlessEmpty(readDevices(session, fieldOf(service, 'devices'))),
      gpus,
    }),
  )
}

/** Of two keys that say the same the first counts, and the report says so of the other. */
function preferred(
  session: Session,
  [first, second]: readonly [Node | undefined, Node | undefined],
  read: (session: Session, node: Node | undefined) => Expr | undefined,
): Expr | undefined {
  const [value, other] = [read(session, first), read(session, second)]
  if (value && other && second) session.ledger.overruled(second, 'deploy.resources says it')
  return value ?? other
}

/** 0 is none, and every key may be absent. */
function sizeOrNone(session: Session, node: Node | undefined): Expr | undefined {
  if (node?.kind === 'scalar' && (node.value === null || node.value === 0 || node.value === '0'))
    return undefined
  if (node?.kind === 'scalar' && typeof node.value === 'number' && sizeOf(node.source) === undefined) {
    session.ledger.refused(node, `it takes a size, not ${node.source}`)
    return undefined
  }
  return sizeExpr(session, node)
}

function cpuOrNone(session: Session, node: Node | undefined): Expr | undefined {
  const isNone = node?.kind === 'scalar' && Number(node.value) === 0
  return isNone ? undefined : cpuExpr(session, node)
}

function readCpuLimit(session: Session, service: MapNode, limits: MapNode | undefined): Expr | undefined {
  const limit = preferred(session, [fieldOf(limits, 'cpus'), fieldOf(service, 'cpus')], cpuOrNone)
  const quotaNode = fieldOf(service, 'cpu_quota')
  const periodNode = fieldOf(service, 'cpu_period')
  const quota = microseconds(session, quotaNode)
  const period = microseconds(session, periodNode) ?? 100_000
  if (!quotaNode || quota === undefined || quota === 0 || period === 0) {
    if (periodNode && !quotaNode) session.ledger.note(periodNode, 'without cpu_quota it limits nothing')
    return limit
  }
  if (limit) {
    session.ledger.overruled(quotaNode, 'cpus says the limit')
    return limit
  }
  const amount = spellCpus(quota / period)
  return amount && code.string(amount.text)
}

/** A number alone is microseconds; a time with a unit is a time. */
function microseconds(session: Session, node: Node | undefined): number | undefined {
  const text = plainOf(session, node)
  if (!node || text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)(us|ms|s|)$/.exec(text)
  if (match) return Number(match[1]) * ({ us: 1, ms: 1000, s: 1_000_000 }[match[2] ?? ''] ?? 1)
  session.ledger.refused(node, `it takes a number of microseconds, not ${JSON.stringify(text)}`)
  return undefined
}

/** -1 and 0 are no limit. */
function readPids(session: Session, node: Node | undefined): Expr | undefined {
  const pieces = node?.kind === 'scalar' ? readWhole(node.source) : undefined
  if (pieces === -1 || pieces === 0) return undefined
  return numberExpr(session, node, { min: 1, max: 4_194_304 })
}

function readUlimits(session: Session, node: Node | undefined): Expr {
  const range = { min: -1, max: Number.MAX_SAFE_INTEGER }
  const map = mapOf(session, node)
  return code.record(
    (map?.entries ?? []).flatMap(({ key, value }) => {
      if (value.kind !== 'map') {
        const both = numberExpr(session, value, range)
        return both ? [{ key, value: both }] : []
      }
      const soft = numberExpr(session, fieldOf(value, 'soft'), range)
      const hard = numberExpr(session, fieldOf(value, 'hard'), range)
      if (soft && hard) return [{ key, value: code.object({ soft, hard }) }]
      session.ledger.refused(value, 'a limit has to have both soft and hard')
      return []
    }),
  )
}

function readDevices(session: Session, node: Node | undefined): Expr {
  return code.array(
    itemsOf(session, node).flatMap((item): Expr[] => {
      const long = item.kind === 'map' ? item : undefined
      const text = long ? undefined : plainOf(session, item)
      if (!long && text === undefined) return []
      const [host = '', container, access] = long
        ? [
            plainOf(session, fieldOf(long, 'source')),
            plainOf(session, fieldOf(long, 'target')),
            plainOf(session, fieldOf(long, 'permissions')),
          ]
        : (text ?? '').split(':')
      if (!host.startsWith('/')) {
        session.ledger.refused(item, `${JSON.stringify(host)} is no path of a device`, 'for GPUs write gpus')
        return []
      }
      if (access !== undefined && !/^(?:r|w|rw|rm|wm|rwm)$/.test(access)) {
        session.ledger.refused(item, `a device may be r, w and m, not ${JSON.stringify(access)}`)
        return []
      }
      const isPlain =
        (container === undefined || container === host) && (access === undefined || access === 'rwm')
      if (isPlain) return [code.string(host)]
      return [
        code.object({
          host: code.string(host),
          container: container === undefined || container === host ? undefined : code.string(container),
          access: access === undefined || access === 'rwm' ? undefined : code.string(access),
        }),
      ]
    }),
  )
}

function readGpus(session: Session, service: MapNode, reservations: MapNode | undefined): Expr | undefined {
  const short = fieldOf(service, 'gpus')
  const long = fieldOf(reservations, 'devices')
  if (short && !isNull(short)) {
    if (long && !isNull(long)) session.ledger.overruled(long, 'gpus says it')
    if (short.kind === 'list') return short.items.map((item) => readGpu(session, item)).find(Boolean)
    const text = plainOf(session, short)
    if (text === 'all') return allGpus(session, short)
    session.ledger.refused(short, 'it takes all, or a list of devices')
    return undefined
  }
  for (const item of itemsOf(session, fieldOf(reservations, 'devices'))) {
    const found = readGpu(session, item)
    if (found) return found
  }
  return undefined
}

function allGpus(session: Session, node: Node): Expr {
  session.ledger.changed(node, 'GPUs are counted: it is one now', 'write how many there are to be')
  return code.number(1)
}

function readGpu(session: Session, node: Node): Expr | undefined {
  const map = mapOf(session, node)
  if (!map) return undefined
  const capabilities = itemsOf(session, fieldOf(map, 'capabilities')).flatMap((item) =>
    item.kind === 'list' ? item.items : [item],
  )
  const words = capabilities.map((item) => plainOf(session, item))
  if (fieldOf(map, 'capabilities') && !words.some((word) => word === 'gpu' || word === 'nvidia')) {
    session.ledger.refused(
      map,
      'of devices by their capabilities there are GPUs alone',
      'name the device by its path under devices',
    )
    return undefined
  }
  const driver = plainOf(session, fieldOf(map, 'driver'))
  const ids = itemsOf(session, fieldOf(map, 'device_ids'))
  const countNode = fieldOf(map, 'count')
  const isAll = countNode?.kind === 'scalar' && countNode.value === 'all'
  const count = isAll
    ? allGpus(session, countNode)
    : (numberExpr(session, countNode, { min: 1, max: 64 }) ??
      (ids.length > 0 ? code.number(ids.length) : countNode ? undefined : allGpus(session, map)))
  if (!count) return undefined
  return driver === undefined || driver === '' ? count : code.object({ count, kind: code.string(driver) })
}
