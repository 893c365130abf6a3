// Every operation of the API against every role: what is refused is refused before anything is read or changed.
import { describe, expect, test } from 'vitest'
import { apiOperations, emptyState, exitCodes, roles } from '../model/index.ts'
import type { ApiOperation, Role, User } from '../model/index.ts'
import { documentOf } from '../model/testing.ts'
import { neededRoles, refuseCaller } from './rights.ts'
import { Bench } from './testing.ts'

const now = 1000

function stateWith(over: Partial<User>) {
  const state = emptyState()
  state.users.set('eve', {
    ...{ name: 'eve', role: 'viewer', stacks: null, publicKey: null, createdAt: 0, createdBy: 'admin' },
    ...{ expiresAt: null, revokedAt: null, ...over },
  })
  return state
}

const bodies: Partial<Record<ApiOperation, unknown>> = {
  apply: { document: { stack: 'shop' } },
  destroy: { stack: 'shop' },
  secretSet: { stack: 'shop', name: 'x' },
  tokenCreate: { role: 'agent' },
}

describe.each(apiOperations)('%s', (operation) => {
  test.each(roles)('is asked by a %s', (role) => {
    const refused = refuseCaller(stateWith({ role }), 'eve', operation, bodies[operation] ?? {}, now)
    const needed = neededRoles[operation]
    if (roles.indexOf(role) >= roles.indexOf(needed)) expect(refused).toBeNull()
    else
      expect(refused?.error).toMatchObject({
        exit: exitCodes.rights,
        what: expect.stringContaining(`${operation} needs the role ${needed}`) as unknown,
      })
  })
})

test.each<[Role, readonly string[] | null, ApiOperation, unknown, boolean]>([
  ['deployer', ['shop'], 'apply', { document: { stack: 'shop' } }, true],
  ['deployer', ['shop'], 'apply', { document: { stack: 'blog' } }, false],
  ['deployer', ['shop'], 'apply', { stack: 'shop', document: { stack: 'blog' } }, false],
  ['deployer', ['shop'], 'apply', { document: null }, false],
  ['deployer', ['shop'], 'destroy', { stack: 'shop' }, true],
  ['deployer', ['shop'], 'destroy', { stack: ['shop'] }, false],
  ['deployer', ['shop'], 'secretSet', { stack: 'blog' }, false],
  ['deployer', ['shop'], 'status', {}, true],
  ['deployer', null, 'apply', { document: { stack: 'blog' } }, true],
  ['operator', null, 'tokenCreate', { role: 'agent' }, true],
  ['operator', null, 'tokenCreate', { role: 'server' }, false],
  ['operator', null, 'tokenCreate', {}, false],
  ['admin', null, 'tokenCreate', { role: 'server' }, true],
])('a %s of %j may ask for %s with %j: %s', (role, stacks, operation, body, may) => {
  expect(refuseCaller(stateWith({ role, stacks }), 'eve', operation, body, now) === null).toBe(may)
})

test('the refusal says who asked, what it is, and which role is needed', () => {
  const state = stateWith({ role: 'deployer', stacks: ['shop', 'blog'] })
  expect(refuseCaller(state, 'eve', 'apply', { document: { stack: 'bank' } }, now)?.error.what).toBe(
    'eve is a deployer of shop, blog, and apply needs the role deployer of bank',
  )
})

test.each<[string, Partial<User>, string]>([
  ['nobody', { name: 'x' }, 'there is no user bob'],
  ['one who was revoked', { revokedAt: 1 }, 'the user eve was revoked'],
  ['one who has expired', { expiresAt: now }, 'the user eve has expired'],
])('%s may do nothing', (who, over, what) => {
  const caller = who === 'nobody' ? 'bob' : 'eve'
  expect(refuseCaller(stateWith({ role: 'admin', ...over }), caller, 'status', {}, now)?.error).toMatchObject(
    {
      what,
      exit: exitCodes.rights,
    },
  )
})

test('a log begins with an admin, and an apply that is refused leaves no trace', async () => {
  const bench = new Bench()
  await bench.lead()
  expect(bench.folded().users.get('admin')).toMatchObject({ role: 'admin', revokedAt: null })
  await bench.user('eve', 'deployer', ['blog'])
  const before = bench.store.records.length
  const wish = { document: documentOf(), sources: { files: {}, spans: {}, defaults: {} } }
  const reply = await bench.answer('apply', { ...wish, planId: 'plan-0001', baseVersion: 0 }, 'eve')
  expect(reply).toMatchObject({ ok: false, error: { exit: exitCodes.rights } })
  expect(bench.store.records).toHaveLength(before)
})
