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

test.each([
  {
    name: 'a new secret is created with its version',
    at: 0,
    op: 'create',
    before: null,
    after: 1,
    comes: 'version 1',
  },
  {
    name: 'one that was retained is restored with another',
    at: 1,
    op: 'restore',
    before: 1,
    after: 2,
    comes: 'version 2',
  },
])('in the plan, $name from --input', ({ at, op, before, after, comes }) => {
  const said = givenSecrets(document, inputs('s3cret', '--input'))
  const there = at === 0 ? empty : withGiven(empty, 'pp', said, 5)
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
  const { given } = dueSecrets(there, 'pp', said)
  const plan = makePlan({
    compiled: { document: only, digest: documentDigest(only), sources: emptySources },
    snapshot: withGiven(there, 'pp', given, 6),
    given: originsOf('pp', given),
    now: 6,
    planId: 'plan-0001',
  })
  expect(plan.steps).toMatchObject([{ op, number: { before, after }, summary: `${comes} from --input` }])
})
