// Texts that speak of other services or of secrets' files: `postgres://db:5432/x`, `DB_HOST: db`, `/run/secrets/token`.
// Invariant: a name is only taken for a service where it stands as a host (in an address, or alone in a variable that
// holds one); what became a reference, or could not, is said in the report.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import type { Piece, Variable } from './interpolation.ts'
import type { Where } from './ledger.ts'
import type { Session } from './session.ts'
import type { Secrets } from './secrets.ts'
import type { Node } from './tree.ts'
import { holdsPassword, looksSecret } from './variables.ts'
import type { ServiceFacts, World } from './world.ts'

/** Variables whose value is a host, or an address with one. */
const hostWords =
  /(?:HOST|SERVER|ADDR|URL|URI|ENDPOINT|BROKER|UPSTREAM|BACKEND|SEED|PEER|MASTER|DSN|CONNECT|LISTENERS|REDIS$)(?!.*_(?:NAME|USER|ID|TYPE|DB)$)/i

const schemePorts: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['ws', 80],
  ['https', 443],
  ['wss', 443],
  ['amqp', 5672],
  ['mongodb', 27017],
  ['mysql', 3306],
  ['nats', 4222],
  ['postgres', 5432],
  ['postgresql', 5432],
  ['redis', 6379],
])

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'port'; readonly to: ServiceFacts; readonly number: number }
  | { readonly kind: 'host'; readonly to: ServiceFacts }
  | { readonly kind: 'file'; readonly secret: string }

export interface Speaker {
  readonly session: Session
  readonly world: World
  readonly secrets: Secrets
  readonly facts: ServiceFacts
  /** Secrets by the name of their file in `/run/secrets`. */
  readonly files: ReadonlyMap<string, string>
  /** Names of its own for other services, from `links`. */
  readonly links: ReadonlyMap<string, ServiceFacts>
  /** Services that it speaks to by their host name, or waits for: what goes into `reaches`. */
  readonly hosts: Set<ServiceFacts>
  /** Ports that it refers to: they need no `reaches`. */
  readonly ports: Map<ServiceFacts, Set<number>>
}

/** Remembers that the service speaks to another one by its name, which has to have a port then. */
export function speakTo({ session, world, facts, hosts }: Speaker, to: ServiceFacts, node: Where): void {
  if (to === facts || to.isJob) return
  world.link(facts, to, false)
  hosts.add(to)
  if (to.ports.length > 0) return
  const guess = world.usualPort(to)
  if (guess === undefined) {
    session.ledger.changed(
      node,
      `service '${to.key}' says no port, and what is no port cannot be reached`,
      `add ports to '${to.key}' where it listens`,
    )
    return
  }
  const { key } = world.portOf(to, guess)
  session.ledger.changed(
    node,
    `service '${to.key}' is given the port ${key}, ${guess}, the usual one of its image`,
  )
}

/** Hosts that a file speaks of: the file stays as it is, so that people have to be told. */
export function scanFile(speaker: Speaker, text: string, node: Node): void {
  const { session, world, facts } = speaker
  const found = new Set<ServiceFacts>()
  for (const match of text.matchAll(
    /(?<![\w.-])([A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)(?::(\d{1,5}))?(?![\w-]|\.\w)/g,
  )) {
    const to = findService(speaker, match[1] ?? '')
    const isHost = match[2] !== undefined || /(?::\/\/|@)$/.test(text.slice(0, match.index))
    if (!to || to === facts || to.isJob || !isHost) continue
    const number = Number(match[2])
    if (number >= 1 && number <= 65535) world.portOf(to, number)
    speakTo(speaker, to, node)
    found.add(to)
  }
  for (const to of found)
    session.ledger.changed(
      node,
      `its text speaks of the host '${to.key}'`,
      `write ${hostNameOf(session, to)} in it`,
    )
}

function findService({ world, links }: Speaker, name: string): ServiceFacts | undefined {
  return links.get(name) ?? world.find(name)
}

function hostNameOf(session: Session, service: ServiceFacts): string {
  return `${service.name}.${session.stack}.internal`
}

/** A value of the environment. `name` is the variable's. */
export function environmentExpr(speaker: Speaker, name: string, pieces: readonly Piece[], node: Node): Expr {
  const { session } = speaker
  const parts = partsOf(speaker, pieces, hostWords.test(name))
  session.variables.use(pieces, 'placed', node, looksSecret(name))
  link(speaker, parts, node)
  const isLiteral = pieces.every((piece) => typeof piece === 'string')
  if (
    looksSecret(name) &&
    isLiteral &&
    !/^(?:|[01]|yes|no|true|false)$/i.test(pieces.join('')) &&
    parts.every((part) => part.kind === 'text')
  )
    session.ledger.changed(
      node,
      `the value of ${name} looks like a secret and stands in the stack file as plain text`,
      'declare a secret() and hand over its .file, or its .env where the program reads no file',
    )
  if (isLiteral && !looksSecret(name) && holdsPassword(pieces.join('')))
    session.ledger.changed(
      node,
      `the address in ${name} has a password in it, which stands in the stack file as plain text`,
      'declare a secret() and write text`…${password}…`',
    )
  return code.later(() => buildEnvironment(speaker, parts, node))
}

/** A text that can hold no references: host names are written out. */
export function spokenText(speaker: Speaker, pieces: readonly Piece[], node: Node): Expr {
  const { session } = speaker
  const parts = partsOf(speaker, pieces, false)
  session.variables.use(pieces, 'text', node)
  link(speaker, parts, node)
  return code.later(() => {
    const [only] = parts
    if (parts.length === 1 && only?.kind === 'variable') return session.variables.textOf([only.variable])
    const settled = parts.map((part) => plainPart(speaker, part, node))
    return code.template(joinTexts(settled))
  })
}

function link(speaker: Speaker, parts: readonly Part[], node: Node): void {
  const { session, world, facts } = speaker
  for (const part of parts) {
    if (part.kind !== 'port' && part.kind !== 'host') continue
    world.link(facts, part.to, false)
    if (part.kind === 'port') {
      // Written out as a text it needs `reaches`; buildEnvironment says when it is not.
      if (part.to !== facts) speaker.hosts.add(part.to)
      const isNew = !part.to.ports.some((each) => each.number === part.number)
      const { key } = world.portOf(part.to, part.number)
      if (isNew && part.to !== facts)
        session.ledger.changed(
          node,
          `service '${part.to.key}' is given the port ${key}, because this speaks to ${part.number}`,
        )
    } else speakTo(speaker, part.to, node)
  }
}

function buildEnvironment(speaker: Speaker, parts: readonly Part[], node: Node): Expr {
  const { session } = speaker
  const [only] = parts
  if (parts.length === 1 && only?.kind === 'variable' && session.variables.isSecret(only.variable.name)) {
    session.ledger.changed(
      node,
      `\${${only.variable.name}} is a secret of the stack, given once as an input`,
      'where the program can read a file, hand over .file instead of .env',
    )
    return code.member(session.variables.exprOf(only.variable), 'env')
  }
  if (parts.length === 1 && only?.kind === 'file')
    return code.member(speaker.secrets.handle(only.secret), 'file')
  if (parts.length === 1 && only?.kind === 'variable') {
    return session.variables.exprOf(only.variable)
  }
  const handles = parts.map((part) => handlePart(speaker, part, node))
  if (parts.length === 1 && only?.kind === 'port') {
    const [handle] = handles
    if (handle !== undefined && typeof handle !== 'string') return handle
  }
  const hasHandle = parts.some((part, index) => {
    if (part.kind === 'port') return typeof handles[index] !== 'string'
    return (
      part.kind === 'file' || (part.kind === 'variable' && session.variables.holdsSecret([part.variable]))
    )
  })
  return code.template(joinTexts(handles), hasHandle ? 'text' : undefined)
}

function joinTexts(pieces: readonly (string | Expr)[]): (string | Expr)[] {
  const joined: (string | Expr)[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece
    else joined.push(piece)
  }
  return joined
}

function handlePart(speaker: Speaker, part: Part, node: Node): string | Expr {
  const { session, world, facts } = speaker
  if (part.kind === 'file') return code.member(speaker.secrets.handle(part.secret), 'file')
  if (part.kind !== 'port' || !world.isBefore(part.to, facts)) return plainPart(speaker, part, node)
  const { key } = world.portOf(part.to, part.number)
  const referred = speaker.ports.get(part.to)
  if (referred) referred.add(part.number)
  else speaker.ports.set(part.to, new Set([part.number]))
  session.ledger.changed(node, `it refers to port ${key} of service '${part.to.key}' now`)
  return code.member(code.member(code.name(world.handle(part.to)), 'ports'), key)
}

/** As text: a service by its host name. */
function plainPart(speaker: Speaker, part: Part, node: Node): string | Expr {
  const { session, secrets } = speaker
  switch (part.kind) {
    case 'text':
      return part.text
    case 'variable':
      return session.variables.exprOf(part.variable)
    case 'file':
      return secrets.pathOf(part.secret)
    case 'host':
      sayHost(speaker, part.to, node)
      return hostNameOf(session, part.to)
    case 'port':
      sayHost(speaker, part.to, node)
      return `${hostNameOf(session, part.to)}:${part.number}`
  }
}

function sayHost({ session, world, facts }: Speaker, to: ServiceFacts, node: Node): void {
  const name = hostNameOf(session, to)
  if (to === facts || world.isBefore(to, facts))
    session.ledger.changed(
      node,
      `'${to.key}' is written as its host name ${name}, which holds for the stack name ${session.stack}`,
    )
  else
    session.ledger.refused(
      node,
      `'${to.key}' and '${facts.key}' speak to each other, and a reference leads only to what is declared before: '${to.key}' is written as ${name} and not among what '${facts.key}' may reach`,
      'let one of them speak first',
    )
}

function partsOf(speaker: Speaker, pieces: readonly Piece[], isHostVariable: boolean): Part[] {
  let before = ''
  return pieces.flatMap((piece, index): Part[] => {
    if (typeof piece !== 'string') {
      before += 'x'
      return [{ kind: 'variable', variable: piece }]
    }
    const parts = partsOfText(speaker, piece, {
      before,
      isLast: index === pieces.length - 1,
      isHostVariable,
    })
    before += piece
    return parts
  })
}

interface Around {
  readonly before: string
  readonly isLast: boolean
  readonly isHostVariable: boolean
}

const word = /[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?/g

function partsOfText(speaker: Speaker, text: string, around: Around): Part[] {
  const parts: Part[] = []
  let done = 0
  const push = (from: number, to: number, part: Part): void => {
    if (from > done) parts.push({ kind: 'text', text: text.slice(done, from) })
    parts.push(part)
    done = to
  }
  for (const match of text.matchAll(word)) {
    const at = match.index
    if (at < done) continue
    const [found] = match
    const secretAt = text.slice(0, at).endsWith('/run/secrets/') ? speaker.files.get(found) : undefined
    if (secretAt !== undefined) {
      push(at - '/run/secrets/'.length, at + found.length, { kind: 'file', secret: secretAt })
      continue
    }
    const to = findService(speaker, found)
    if (!to || to.isJob) continue
    const reference = readReference(to, text, at, at + found.length, around)
    if (reference) push(at, reference.end, reference.part)
  }
  if (done < text.length) parts.push({ kind: 'text', text: text.slice(done) })
  return parts
}

/** Whether the name at this place is a host, and of which port. */
function readReference(
  to: ServiceFacts,
  text: string,
  start: number,
  end: number,
  { before, isLast, isHostVariable }: Around,
): { part: Part; end: number } | undefined {
  const lead = before + text.slice(0, start)
  const scheme = /([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:[^/?#\s]*@|[^/?#\s@]*,)?$/.exec(lead)?.[1]?.toLowerCase()
  const isAuthority = scheme !== undefined || /@(?:tcp\()?$/.test(lead)
  const isAtStart = /(?:^|[\s,;=(])$/.test(lead)
  if (!isAuthority && !isAtStart) return undefined
  const port = /^:(\d{1,5})(?![\w.-])/.exec(text.slice(end))
  if (port) {
    const number = Number(port[1])
    const isKnown = to.ports.some((each) => each.number === number && each.transport === 'tcp')
    if (number < 1 || number > 65535 || !(isAuthority || isKnown || isHostVariable)) return undefined
    return { part: { kind: 'port', to, number }, end: end + port[0].length }
  }
  const next = text.charAt(end)
  const isEnd = next === '' ? isLast || isAuthority : /[/?#,;\s)]/.test(next)
  if (isAuthority && (isEnd || next === ':')) {
    const number = schemePorts.get(scheme?.split('+')[0] ?? '')
    return number !== undefined && next !== ':' && (next !== '' || isLast)
      ? { part: { kind: 'port', to, number }, end }
      : { part: { kind: 'host', to }, end }
  }
  // Alone in a variable for hosts.
  if (isHostVariable && isAtStart && isEnd && /[,;]?$/.test(next)) return { part: { kind: 'host', to }, end }
  return undefined
}
