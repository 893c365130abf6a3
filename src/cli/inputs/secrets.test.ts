import { expect, test } from 'vitest'
import { documentDigest, emptySources, Fault } from '../../model/index.ts'
import type { StackDocument, StateSnapshot } from '../../model/index.ts'
import { makePlan } from '../../plan/index.ts'
import { shopDocument } from '../testing.ts'
import type { ResolvedInputs } from './resolve.ts'
import { dueSecrets, givenSecrets, originsOf, setGiven, withGiven } from './secrets.ts'

const document = { ...shopDocument(), secrets: { 'db-password': { input: 'dbPassword' }, other: {} } }
const inputs = (value: string, origin: string): ResolvedInputs => ({
  values: {},
  secrets: new Map([['dbPassword', value]]),
  origins: { dbPassword: origin },
})
const empty: StateSnapshot = { format: 1, seq: 7, term: 1, leader: 's1', at: 0, rows: [] }

test('a value belongs to the secret that names its input, and is sent as it is', async () => {
  const [given] = givenSecrets(document, inputs('s3crét', '--input'))
  expect(given).toEqual({ name: 'db-password', input: 'dbPassword', value: 's3crét', origin: '--input' })
  const sent: unknown[] = []
  const lines = await setGiven(
    { setSecret: async (request) => (sent.push(request), 4) },
    'shop',
    givenSecrets(document, inputs('s3crét', '--input')),
  )
  expect(sent).toEqual([
    { stack: 'shop', name: 'db-password', value: Buffer.from('s3crét').toString('base64') },
  ])
  expect(lines).toEqual(['secret shop/db-password is at version 4'])
})

test('no value is in what a plan is made from, nor in what is said', () => {
  const values = givenSecrets(document, inputs('s3cret', '$DB'))
  const { given, lines } = dueSecrets(empty, 'shop', values)
  const snapshot = withGiven(empty, 'shop', given, 5)
  expect(lines).toEqual([
    'secret shop/db-password: the value that $DB gives becomes version 1 with the apply',
  ])
  expect(JSON.stringify([snapshot, lines])).not.toContain('s3cret')
  expect(snapshot.rows).toMatchObject([
    { table: 'secrets', key: 'shop/secret:db-password', value: { versions: [{ version: 1 }] } },
  ])
})

test('what lies in the environment sets a first value only; --input sets each time', () => {
  const lying = givenSecrets(document, inputs('s3cret', '$DB'))
  const has = withGiven(empty, 'shop', lying, 5)
  expect(dueSecrets(has, 'shop', lying)).toEqual({
    given: [],
    lines: [
      'secret shop/db-password keeps version 1; --input dbPassword=… sets another, $DB only a first one',
    ],
  })
  const said = givenSecrets(document, inputs('s3cret', '--input'))
  expect(dueSecrets(has, 'shop', said).given).toEqual(said)
  expect(withGiven(has, 'shop', said, 6).rows).toMatchObject([
    { value: { versions: [{ version: 1 }, { version: 2 }] } },
  ])
})

test.each(['', 'x'.repeat(65_537)])('a value that no secret can have is refused', (value) => {
  expect(() => givenSecrets(document, inputs(value, '--input'))).toThrow(Fault)
})

/** A secret of another apply, which the stack has declared no more since. */
function retained(snapshot: StateSnapshot): StateSnapshot {
  const rows = snapshot.rows.map((row) => {
    if (row.table !== 'secrets' || !row.value) return row
    const { address, stack, name, spec, versions } = row.value
    return { ...row, value: { address, stack, name, spec, versions, declared: false } }
  })
  return { ...snapshot, rows }
}

test.each([
  {
    name: 'a new secret is created with its version',
    there: 'nothing',
    step: { op: 'create', number: { before: null, after: 1 }, summary: 'version 1 from --input' },
  },
  {
    name: 'one that was set before anybody declared it is created with another',
    there: 'set early',
    step: { op: 'create', number: { before: null, after: 2 }, summary: 'version 2 from --input' },
  },
  {
    name: 'one that was retained is restored with another',
    there: 'retained',
    step: { op: 'restore', number: { before: 1, after: 2 }, summary: 'version 2 from --input' },
  },
  {
    name: 'one that was set before anybody declared it, and is not given, is created with what it has',
    there: 'set early',
    isGiven: false,
    step: {
      op: 'create',
      number: { before: null, after: 1 },
      summary: 'with version 1, set before',
      reason: 'newly declared',
    },
  },
])('in the plan, $name', ({ there, isGiven = true, step }) => {
  const said = givenSecrets(document, inputs('s3cret', '--input'))
  const early = withGiven(empty, 'pp', said, 5)
  const before = there === 'nothing' ? empty : there === 'retained' ? retained(early) : early
  const only: StackDocument = {
    ...shopDocument(),
    ...{
      stack: 'pp',
      services: {},
      jobs: {},
      crons: {},
      volumes: {},
      configs: {},
      ingresses: {},
      outputs: {},
    },
    secrets: { 'db-password': { input: 'dbPassword' } },
  }
  const { given } = isGiven ? dueSecrets(before, 'pp', said) : { given: [] }
  const plan = makePlan({
    compiled: { document: only, digest: documentDigest(only), sources: emptySources },
    snapshot: withGiven(before, 'pp', given, 6),
    given: originsOf('pp', given),
    now: 6,
    planId: 'plan-0001',
  })
  expect(plan.steps).toMatchObject([step])
})
