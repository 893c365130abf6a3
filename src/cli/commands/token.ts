// `gantry token create|list|revoke`: with what hosts join. Invariant: the token itself is printed once, alone on standard
// output, and kept nowhere.

import { encodeJoinToken, exitCodes, Fault, humanDuration } from '../../model/index.ts'
import type { Instant, JoinRole, Token } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { madeColumn, outList, standingText } from '../let-in.ts'
import { requireDuration } from './apply.ts'

export interface TokenCreateArgs {
  readonly role: string
  readonly ttl: string
  readonly uses: string | undefined
}

export const runTokenCreate: Command<TokenCreateArgs> = async ({ terminal, withClient }, args) => {
  const role = requireRole(args.role)
  const ttlMs = requireDuration(args.ttl, '--ttl')
  const uses = args.uses === undefined ? null : requireUses(args.uses)
  const token = await withClient((client) => client.createToken({ role, ttlMs, uses }))
  terminal.out(encodeJoinToken(token))
  const many = uses === null ? 'any number of hosts' : `${uses} ${uses === 1 ? 'host' : 'hosts'}`
  terminal.say(`token ${token.id}: ${many} may join with it as ${role} for ${humanDuration(ttlMs)}`)
  terminal.say('on the host: gantry join --token TOKEN')
  return exitCodes.ok
}

function requireRole(text: string): JoinRole {
  if (text === 'agent') return text
  throw new Fault({
    what: text === 'server' ? 'hosts join as agents only so far' : `${text} is no role of a host`,
    fix: 'write --role agent',
    exit: exitCodes.usage,
  })
}

function requireUses(text: string): number {
  const uses = Number(text)
  if (Number.isInteger(uses) && uses > 0 && uses <= 10_000) return uses
  throw new Fault({
    what: `--uses ${text} is not a number of hosts`,
    fix: 'write 1 to 10000',
    exit: exitCodes.usage,
  })
}

export const runTokenList: Command<{ readonly json: boolean }> = async (
  { terminal, clock, withClient },
  { json },
) => {
  const tokens = await withClient((client) => client.listTokens())
  const now = clock.now()
  return outList(terminal, {
    name: 'tokens',
    rows: tokens,
    columns: [
      { title: 'TOKEN', cell: ({ id }) => id, min: 22 },
      { title: 'ROLE', cell: ({ role }) => role },
      { title: 'STATE', cell: (token) => stateOf(token, now) },
      { title: 'USES LEFT', cell: ({ uses }) => (uses === null ? 'any' : String(uses)), align: 'right' },
      madeColumn(now),
    ],
    json,
  })
}

function stateOf(token: Pick<Token, 'expiresAt' | 'revokedAt' | 'uses'>, now: Instant): string {
  const isGood = token.revokedAt === null && token.expiresAt > now
  return isGood && token.uses === 0 ? 'used up' : standingText(token, now)
}

export const runTokenRevoke: Command<{ readonly id: string }> = async ({ terminal, withClient }, { id }) => {
  await withClient((client) => client.revokeToken(id))
  terminal.out(`token ${id} lets nobody in any more; hosts that joined with it stay`)
  return exitCodes.ok
}
