// People and programs that act for them: who there is, and what their roles let them do. Invariant: there is always an
// admin who may make others; a user that was revoked never comes back under its name with the same key. That the one
// who asks is the one it says is proved by the subject it could publish on.

import { exitCodes, isName, nameRule } from '../model/index.ts'
import type { Change, ClusterState, Instant, Role, User } from '../model/index.ts'
import { refusal } from './decision.ts'
import type { Decision } from './decision.ts'

export interface UserWish {
  readonly name: string
  readonly role: Role
  readonly stacks: readonly string[] | null
  readonly publicKey: string
  readonly expiresAt: Instant | null
  readonly by: string
}

export function createUser(state: ClusterState, wish: UserWish, now: Instant): Decision {
  const { name, role, stacks, publicKey, expiresAt, by } = wish
  if (!isName(name))
    return refusal(`"${name}" cannot be the name of a user`, `choose one: ${nameRule}`, exitCodes.usage)
  const before = state.users.get(name)
  if (before && stateOfUser(before, now) === 'good')
    return refusal(
      `there is a user ${name} already`,
      `choose another name, or revoke it: gantry user revoke ${name}`,
    )
  if (stacks !== null && role !== 'deployer')
    return refusal(
      `a role of ${role} has no stacks`,
      'only a deployer has: --role deployer --stack NAME',
      exitCodes.usage,
    )
  const wrong = stacks?.find((each) => !isName(each))
  if (wrong !== undefined)
    return refusal(`"${wrong}" is not the name of a stack`, `a stack is ${nameRule}`, exitCodes.usage)
  if (expiresAt !== null && expiresAt <= now)
    return refusal('the user would have expired already', 'choose a longer --ttl', exitCodes.usage)
  if ([...state.users.values()].some((each) => each.publicKey === publicKey))
    return refusal('this key was another user’s', 'make a new key')
  const value: User = {
    ...{ name, role, stacks, publicKey, createdAt: now, createdBy: by },
    ...{ expiresAt, revokedAt: null },
  }
  return { ok: true, changes: [put(value)], version: 1, what: `create the user ${name}, ${describe(value)}` }
}

export function revokeUser(state: ClusterState, name: string, now: Instant): Decision {
  const user = state.users.get(name)
  if (!user) return refusal(`there is no user ${name}`, 'gantry user list shows them')
  const others = [...state.users.values()].filter(
    (each) =>
      each.name !== name &&
      each.role === 'admin' &&
      stateOfUser(each, now) === 'good' &&
      each.expiresAt === null,
  )
  if (user.role === 'admin' && others.length === 0)
    return refusal(`${name} is the only admin`, 'make another first, who does not expire')
  return {
    ok: true,
    changes: [put({ ...user, revokedAt: user.revokedAt ?? now })],
    version: 1,
    what: `revoke the user ${name}`,
  }
}

export function stateOfUser({ revokedAt, expiresAt }: User, now: Instant): 'good' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'good'
}

/** "an operator", "a deployer of shop and blog" */
export function describe({ role, stacks }: Pick<User, 'role' | 'stacks'>): string {
  const words = `${/^[ao]/.test(role) ? 'an' : 'a'} ${role}`
  return stacks === null ? words : `${words} of ${stacks.join(', ')}`
}

/** The first user of a cluster, whom nobody else could have made. */
export function firstUser(name: string, publicKey: string | null, now: Instant): Change {
  return put({
    ...{ name, role: 'admin', stacks: null, publicKey, createdAt: now, createdBy: 'leader' },
    ...{ expiresAt: null, revokedAt: null },
  })
}

function put(value: User): Change {
  return { table: 'users', key: value.name, value }
}
