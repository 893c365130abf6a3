// Ports of a service: short and long forms, ranges, `expose`, and how each is named. Invariant: a number and transport
// stand for one port; what would be opened wider than it was is not published but refused.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import type { Piece } from './interpolation.ts'
import { valueOfPieces } from './interpolation.ts'
import type { Session } from './session.ts'
import type { MapNode, Node } from './tree.ts'
import { fieldOf, itemsOf, numberInput, piecesOf, plainOf, wholeOf, wordOf } from './values.ts'

export interface PortFact {
  readonly number: number
  readonly transport: 'tcp' | 'udp'
  /** As the author calls it. */
  readonly label?: string
  /** What is spoken on it, when the file says so. */
  readonly speaks?: 'http' | 'grpc'
  readonly published?: Expr
  readonly hostPort?: Expr
}

const rangeLimit = 256
const portRange = { min: 1, max: 65535 }

/** All ports that `ports` and `expose` speak of; one number may be met several times. */
export function readPorts(session: Session, service: MapNode): PortFact[] {
  const published = itemsOf(session, fieldOf(service, 'ports')).flatMap((item) =>
    item.kind === 'map' ? readLong(session, item) : readShort(session, item),
  )
  const exposed = itemsOf(session, fieldOf(service, 'expose')).flatMap((item) => {
    const text = plainOf(session, item)
    return text === undefined ? [] : readTargets(session, item, text)
  })
  return [...published, ...exposed]
}

function transportOf(session: Session, node: Node, text: string | undefined): 'tcp' | 'udp' | undefined {
  if (text === undefined || text === '' || text.toLowerCase() === 'tcp') return 'tcp'
  if (text.toLowerCase() === 'udp') return 'udp'
  session.ledger.refused(node, `a port speaks tcp or udp, not ${JSON.stringify(text)}`)
  return undefined
}

/** `8080`, `8000-8010`, each with `/udp`. */
function readTargets(session: Session, node: Node, text: string): PortFact[] {
  const [numbers = '', protocol] = text.split('/')
  const transport = transportOf(session, node, protocol)
  const range = readRange(numbers)
  if (!range) session.ledger.refused(node, `${JSON.stringify(text)} is no port from 1 to 65535`)
  return transport && range ? range.map((number) => ({ number, transport })) : []
}

function readRange(text: string): number[] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim())
  if (!match) return undefined
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  if (first < 1 || last > 65535 || last < first || last - first >= rangeLimit) return undefined
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** `[[ip:]published:]target[/protocol]`; variables are inputs where they are the whole published port. */
function readShort(session: Session, node: Node): PortFact[] {
  const pieces = piecesOf(session, node)
  if (!pieces) return []
  const parts = splitAtColons(pieces)
  const target = parts.at(-1) ?? []
  const published = parts.length > 1 ? (parts.at(-2) ?? []) : undefined
  const address = parts.slice(0, -2)
  const resolve = (some: readonly Piece[]): string | undefined => resolveHere(session, node, some)
  const targetText = resolve(target)
  const addressText = address.length === 0 ? '' : address.map((each) => resolve(each) ?? '?').join(':')
  if (targetText === undefined) return []
  const targets = readTargets(session, node, targetText)
  if (published === undefined || published.length === 0) {
    if (targets.length > 0) notPublished(session, node)
    return targets
  }
  if (!isOpenAddress(session, node, addressText)) return targets
  const input = targets.length === 1 ? numberInput(session, published, node) : undefined
  if (input) return targets.map((each) => ({ ...each, published: input }))
  const text = resolve(published)
  return text === undefined ? targets : publishAll(session, node, targets, text)
}

/** An address of IPv6 has colons of its own, in brackets. */
function splitAtColons(pieces: readonly Piece[]): Piece[][] {
  const parts: Piece[][] = [[]]
  let depth = 0
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      parts.at(-1)?.push(piece)
      continue
    }
    let text = ''
    const flush = (): void => {
      if (text !== '') parts.at(-1)?.push(text)
      text = ''
    }
    for (const char of piece) {
      if (char === '[') depth += 1
      if (char === ']') depth -= 1
      if (char === ':' && depth <= 0) {
        flush()
        parts.push([])
      } else text += char
    }
    flush()
  }
  return parts
}

function resolveHere(session: Session, node: Node, pieces: readonly Piece[]): string | undefined {
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
  const value = valueOfPieces(pieces, session.variables.values)
  if (value === undefined) session.ledger.refused(node, 'a variable without a default cannot be a port here')
  else
    session.ledger.changed(
      node,
      `a variable in it cannot be an input here: it is ${JSON.stringify(value)} now`,
    )
  return value
}

function notPublished(session: Session, node: Node): void {
  session.ledger.changed(
    node,
    'Compose would publish it on a port of its choice; it is reachable from inside only',
    'add published: and a port',
  )
}

function isOpenAddress(session: Session, node: Node, address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '')
  if (['', '0.0.0.0', '::', '0:0:0:0:0:0:0:0'].includes(plain)) return true
  session.ledger.refused(
    node,
    `it is published on the address ${JSON.stringify(plain)} only, and gantry publishes on every address of every host`,
    'it is reachable from inside only now; publish it if everybody may reach it',
  )
  return false
}

function publishAll(session: Session, node: Node, targets: readonly PortFact[], text: string): PortFact[] {
  const range = readRange(text)
  if (range?.length === targets.length)
    return targets.map((each, index) => ({ ...each, published: code.number(range[index] ?? 1) }))
  if (range && targets.length === 1)
    session.ledger.refused(node, 'a port is published as one port, not as one of a range', 'choose one')
  else session.ledger.refused(node, `${JSON.stringify(text)} cannot be published for it`)
  return [...targets]
}

function readLong(session: Session, node: MapNode): PortFact[] {
  const target = wholeOf(session, fieldOf(node, 'target'), portRange)
  const protocolNode = fieldOf(node, 'protocol')
  const transport = transportOf(session, protocolNode ?? node, plainOf(session, protocolNode))
  const mode = wordOf(session, fieldOf(node, 'mode'), ['host', 'ingress'])
  const label = plainOf(session, fieldOf(node, 'name'))
  const protocol = plainOf(session, fieldOf(node, 'app_protocol'))
  const speaks = /^https?$|^http1|^ws$/i.test(protocol ?? '')
    ? 'http'
    : /^(?:grpc|h2c)$/i.test(protocol ?? '')
      ? 'grpc'
      : undefined
  if (protocol !== undefined && !speaks && !/^tcp$/i.test(protocol))
    session.ledger.changed(
      fieldOf(node, 'app_protocol') ?? node,
      `${JSON.stringify(protocol)} is carried as tcp`,
    )
  if (target === undefined || !transport) {
    if (!fieldOf(node, 'target')) session.ledger.refused(node, 'a port has to have a target')
    return []
  }
  const fact: PortFact = {
    number: target,
    transport,
    ...(label === undefined ? {} : { label }),
    ...(speaks ? { speaks } : {}),
  }
  const published = fieldOf(node, 'published')
  if (!published) {
    notPublished(session, node)
    return [fact]
  }
  const address = fieldOf(node, 'host_ip')
  if (address && !isOpenAddress(session, address, plainOf(session, address) ?? '?')) {
    session.ledger.refused(published, 'it is not published: see host_ip')
    return [fact]
  }
  const pieces = piecesOf(session, published)
  const input = pieces && numberInput(session, pieces, published)
  const text = input ? undefined : plainOf(session, published)
  const range = text === undefined ? undefined : readRange(text)
  const value = input ?? (range?.length === 1 ? code.number(range[0] ?? 1) : undefined)
  if (!value && text !== undefined)
    session.ledger.refused(published, 'a port is published as one port from 1 to 65535')
  if (!value) return [fact]
  return [mode === 'host' ? { ...fact, hostPort: value } : { ...fact, published: value }]
}
