// `gantry user create|list|revoke`: people, and programs that act for them. Invariant: a user's key is made here, stands in
// its credentials file, and is seen by no server.

import { createFileAtomically } from '../../adapters/files/index.ts'
import { newUserKeys } from '../../adapters/keys/index.ts'
import { exitCodes, Fault, roles } from '../../model/index.ts'
import type { Role } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { madeColumn, outList, standingText } from '../let-in.ts'
import type { UserFile } from '../node/keys.ts'
import { requireDuration } from './apply.ts'

export interface UserCreateArgs {
  readonly name: string
  readonly role: string
  readonly stacks: readonly string[]
  readonly ttl: string | undefined
  readonly out: string
}

export const runUserCreate: Command<UserCreateArgs> = async ({ terminal, withClient }, args) => {
  const role = requireRole(args.role)
  const ttlMs = args.ttl === undefined ? null : requireDuration(args.ttl, '--ttl')
  const stacks = args.stacks.length === 0 ? null : args.stacks
  if (role === 'deployer' && stacks === null)
    throw new Fault({
      what: 'a deployer may change the stacks that are named',
      fix: 'name them with --stack; an operator may change all of them',
      exit: exitCodes.usage,
    })
  const { seed, publicKey } = newUserKeys()
  const made = await withClient((client) =>
    client.createUser({
      name: args.name,
      role,
      stacks: stacks === null ? null : [...stacks],
      publicKey,
      ttlMs,
    }),
  )
  const file: UserFile = { format: 1, name: args.name, ...made, seed }
  if (!(await createFileAtomically(args.out, `${JSON.stringify(file, null, 2)}\n`)))
    throw new Fault({
      what: `${args.out} is there already, and is not overwritten`,
      fix: `the user was made: revoke it (gantry user revoke ${args.name}) and make it anew with another file`,
    })
  terminal.out(`user ${args.name} is made; its credentials are in ${args.out}`)
  terminal.say(`to use them: GANTRY_CREDENTIALS=${args.out} gantry status`)
  return exitCodes.ok
}

function requireRole(text: string): Role {
  const role = roles.find((each) => each === text)
  if (role) return role
  throw new Fault({
    what: `${text} is no role of a user`,
    fix: `write one of ${roles.join(', ')}`,
    exit: exitCodes.usage,
  })
}

export const runUserList: Command<{ readonly json: boolean }> = async (
  { terminal, clock, withClient },
  { json },
) => {
  const users = await withClient((client) => client.listUsers())
  const now = clock.now()
  return outList(terminal, {
    name: 'users',
    rows: users,
    columns: [
      { title: 'USER', cell: ({ name }) => name, min: 12 },
      { title: 'ROLE', cell: ({ role }) => role },
      { title: 'STACKS', cell: ({ stacks }) => stacks?.join(', ') ?? 'all' },
      { title: 'STATE', cell: (user) => standingText(user, now) },
      madeColumn(now),
    ],
    json,
  })
}

export const runUserRevoke: Command<{ readonly name: string }> = async (
  { terminal, withClient },
  { name },
) => {
  await withClient((client) => client.revokeUser(name))
  terminal.out(`user ${name} may do nothing any more`)
  return exitCodes.ok
}
