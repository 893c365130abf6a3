// Who may ask for what: one table of the role that each operation needs. Invariant: an operation that does not stand here
// does not compile, and one that is refused has read and changed nothing. That the caller is who it says is held by
// NATS: its name is part of the subject.

import { describe, stateOfUser } from '../control/index.ts'
import { exitCodes, roles } from '../model/index.ts'
import type { ApiOperation, ApiReply, ClusterState, Instant, Role, User } from '../model/index.ts'

/** `deployer`: of the stack that is changed. */
export const neededRoles: Readonly<Record<ApiOperation, Role>> = {
  status: 'viewer',
  snapshot: 'viewer',
  logs: 'viewer',
  secretList: 'viewer',
  nodeInspect: 'viewer',
  apply: 'deployer',
  destroy: 'deployer',
  secretSet: 'deployer',
  nodeUpdate: 'operator',
  nodeRemove: 'operator',
  holdRelease: 'operator',
  tokenList: 'operator',
  tokenRevoke: 'operator',
  // Of one for servers: an admin, as is said below; whoever has that gets every key there is.
  tokenCreate: 'operator',
  userList: 'operator',
  userCreate: 'admin',
  userRevoke: 'admin',
}

/** Null when the caller may; else what it is told. `body` is what was asked, not looked at by anybody yet. */
export function refuseCaller(
  state: ClusterState,
  caller: string,
  operation: ApiOperation,
  body: unknown,
  now: Instant,
): Extract<ApiReply, { readonly ok: false }> | null {
  const user = state.users.get(caller)
  if (!user) return refusal(`there is no user ${caller}`, 'ask an admin for credentials')
  const standing = stateOfUser(user, now)
  if (standing !== 'good')
    return refusal(
      `the user ${caller} ${standing === 'revoked' ? 'was revoked' : 'has expired'}`,
      'ask an admin',
    )
  const stack = stackOf(operation, body)
  const needed = isForServers(operation, body) ? 'admin' : neededRoles[operation]
  if (mayDo(user, needed, stack)) return null
  const of = needed === 'deployer' && stack !== null ? ` of ${stack}` : ''
  return refusal(
    `${caller} is ${describe(user)}, and ${operation} needs the role ${needed}${of}`,
    'ask somebody who has it, or an admin for that role',
  )
}

function mayDo(user: User, needed: Role, stack: string | null): boolean {
  if (roles.indexOf(user.role) < roles.indexOf(needed)) return false
  const isBound = needed === 'deployer' && user.role === 'deployer' && user.stacks !== null
  return !isBound || (stack !== null && user.stacks.includes(stack))
}

/** The stack that an operation of deployers changes. */
function stackOf(operation: ApiOperation, body: unknown): string | null {
  const named = operation === 'apply' ? field(body, 'document') : body
  const stack = field(named, 'stack')
  return typeof stack === 'string' ? stack : null
}

function isForServers(operation: ApiOperation, body: unknown): boolean {
  return operation === 'tokenCreate' && field(body, 'role') !== 'agent'
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}

function refusal(what: string, fix: string): Extract<ApiReply, { readonly ok: false }> {
  return { ok: false, error: { what, fix, exit: exitCodes.rights } }
}
