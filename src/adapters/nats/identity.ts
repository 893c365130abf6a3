// Who is on the bus, what each may say and hear, and where answers to each go. Invariant: the identity is part of every
// subject it may publish on, so it cannot be forged; and answers go to the inbox of whoever may ask on that subject, so
// that nobody can make a server publish elsewhere by naming another place to answer to. It knows no keys.

import { assert, isName } from '../../model/index.ts'
import type { NodeId } from '../../model/index.ts'

export type Identity =
  | { readonly role: 'server' }
  | { readonly role: 'node'; readonly id: NodeId }
  | { readonly role: 'caller'; readonly name: string }
  /** A host that has a join token and is nobody yet. */
  | { readonly role: 'joiner'; readonly token: string }
  /** A server, for the minute in which it gives the log more replicas. */
  | { readonly role: 'steward' }

/** What a NATS user may do; `deny` wins. */
export interface Permissions {
  readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] }
  readonly subscribe: { readonly allow: readonly string[] }
  /** How long after a request came it may be answered once; null: only where `publish` allows it. */
  readonly answerWithinMs: number | null
}

export const logStream = 'GANTRY_LOG'
export const logSubject = 'gantry.log'

/** A reader of a log stream answers when its terminal has taken the lines, and a person may have stopped that. */
const readerAnswersWithinMs = 300_000
const agentAnswersWithinMs = 30_000

const inboxes = {
  server: 'gantry.inbox.server',
  node: (id: string) => `gantry.inbox.node.${id}`,
  caller: (name: string) => `gantry.inbox.caller.${name}`,
  joiner: (token: string) => `gantry.inbox.joiner.${token}`,
  steward: 'gantry.inbox.steward',
} as const

/** Below it, with a dot, an identity gets its answers. */
export function inboxOf(identity: Identity): string {
  switch (identity.role) {
    case 'server':
      return inboxes.server
    case 'node':
      return inboxes.node(token(identity.id))
    case 'caller':
      return inboxes.caller(token(identity.name))
    case 'joiner':
      return inboxes.joiner(token(identity.token))
    case 'steward':
      return inboxes.steward
  }
}

export function permissionsOf(identity: Identity): Permissions {
  const inbox = `${inboxOf(identity)}.>`
  switch (identity.role) {
    case 'server':
      return {
        publish: {
          allow: ['gantry.>', '$JS.API.>', '$JS.FC.>'],
          // The log only grows: not even a server of ours may take something away.
          deny: ['DELETE', 'PURGE', 'UPDATE', 'MSG.DELETE'].map(
            (verb) => `$JS.API.STREAM.${verb}.${logStream}`,
          ),
        },
        subscribe: { allow: ['gantry.>'] },
        answerWithinMs: null,
      }
    case 'node': {
      const own = `gantry.node.${token(identity.id)}`
      return {
        publish: {
          allow: [`${own}.hello`, `${own}.heartbeat`, `${own}.report`, `gantry.stream.${identity.id}.>`],
          deny: [],
        },
        subscribe: { allow: [`${own}.assign`, `${own}.logs`, inbox] },
        answerWithinMs: agentAnswersWithinMs,
      }
    }
    case 'caller':
      return {
        publish: { allow: [`gantry.api.${token(identity.name)}.>`], deny: [] },
        subscribe: { allow: ['gantry.stream.*.*', inbox] },
        answerWithinMs: readerAnswersWithinMs,
      }
    // Whoever has the token may hear the answers to others who have it too: they hold nothing that is of use without
    // the keys of the host that asked.
    case 'joiner':
      return {
        publish: { allow: [`gantry.join.${token(identity.token)}`], deny: [] },
        subscribe: { allow: [inbox] },
        answerWithinMs: null,
      }
    // An update cannot take anything out of the log: the stream was made so that nothing may be deleted or purged, and
    // NATS lets nobody take that back.
    case 'steward':
      return {
        publish: {
          allow: [`$JS.API.STREAM.INFO.${logStream}`, `$JS.API.STREAM.UPDATE.${logStream}`],
          deny: [],
        },
        subscribe: { allow: [inbox] },
        answerWithinMs: null,
      }
  }
}

/**
 * Whether an answer to a message on this subject may go to `reply`: only below the inbox of the identity that may
 * publish there. NATS lets a publisher name any place for the answer, also one it has no right to (`gantry.log`), and
 * whoever answers would publish there with its own rights.
 */
export function mayAnswerTo(reply: string, subject: string): boolean {
  const asker = askersInbox(subject)
  return asker !== null && reply.startsWith(`${asker}.`)
}

function askersInbox(subject: string): string | null {
  const [root, area, name = '', message] = subject.split('.')
  if (root !== 'gantry' || name === '') return null
  const isFromServer = message === 'assign' || message === 'logs'
  if (area === 'server') return message === 'vote' ? inboxes.server : null
  if (area === 'node') return isFromServer ? inboxes.server : inboxes.node(name)
  if (area === 'stream') return inboxes.node(name)
  if (area === 'api') return inboxes.caller(name)
  if (area === 'join') return inboxes.joiner(name)
  return null
}

/** One token of a subject: what could hold a wildcard or a dot would be another right. */
function token(text: string): string {
  assert(isName(text) || /^[A-Za-z0-9_-]{1,64}$/.test(text), () => `"${text}" cannot be part of a subject`)
  return text
}
