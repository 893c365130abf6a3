import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyDocument, hostileText } from '../../test/support/any-documents.ts'
import { compiled, line, node, service, stackDocument, TestCluster } from '../../test/support/documents.ts'
import { Fault, applyRequest, takeSnapshot } from '../model/index.ts'
import type { CompiledStack, StackDocument } from '../model/index.ts'
import { decodePlanFile, encodePlanFile, isPlanFile, makePlan, planSchema } from './index.ts'
import type { Plan } from './index.ts'

function planOf(stack: CompiledStack): Plan {
  const cluster = new TestCluster([node('h1'), node('h2')])
  return makePlan({
    compiled: stack,
    snapshot: takeSnapshot(cluster.state, cluster.now),
    now: cluster.now,
    planId: 'plan-0001',
  })
}

const sources = {
  files: { 'shop.stack.ts': 'a'.repeat(64) },
  spans: { 'services/web': line(3) },
  defaults: { 'services/web/rollout': 'default@1' },
}
const hello = compiled(stackDocument('shop', { services: { web: service() } }), sources)

function faultOf(text: string): Fault {
  try {
    decodePlanFile(text)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('the plan file was accepted')
}

test('what is written is read again, and is all that an apply needs', () => {
  fc.assert(
    fc.property(anyDocument({ value: hostileText }), (document: StackDocument) => {
      const stack = compiled(document, sources)
      const plan = planOf(stack)
      const text = encodePlanFile(plan, stack)
      expect(text).toMatch(/^[ -~]*\n$/)
      expect(isPlanFile(text)).toBe(true)
      const read = decodePlanFile(text)
      expect(read).toEqual({ plan, compiled: stack })
      expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
      const { document: doc, sources: from } = read.compiled
      const request = {
        document: doc,
        sources: from,
        planId: read.plan.id,
        baseVersion: read.plan.basis.stackVersion,
      }
      expect(applyRequest.safeParse(request).success).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('a file with any one byte changed, added or taken away is refused', () => {
  const bytes = Buffer.from(encodePlanFile(planOf(hello), hello))
  fc.assert(
    fc.property(
      fc.nat(bytes.length - 1),
      fc.nat(255),
      fc.constantFrom('change', 'add', 'remove'),
      (at, byte, how) => {
        fc.pre(how !== 'change' || bytes[at] !== byte)
        const head = bytes.subarray(0, at)
        const tail = bytes.subarray(how === 'add' ? at : at + 1)
        const changed = Buffer.concat([head, how === 'remove' ? Buffer.alloc(0) : Buffer.of(byte), tail])
        expect(faultOf(changed.toString('utf8')).exit).toBe(1)
      },
    ),
    { numRuns: 3000 },
  )
})

test('every byte of a file counts', () => {
  const text = encodePlanFile(planOf(hello), hello)
  // Every third only, each replaced by its neighbour in the alphabet, to keep the test short.
  for (let at = 0; at < text.length; at += 3) {
    const changed = String.fromCharCode(text.charCodeAt(at) ^ 1)
    expect(faultOf(text.slice(0, at) + changed + text.slice(at + 1)).exit).toBe(1)
  }
})

test('a file with an edit and a digest to match is refused when it says two things', () => {
  const plan = planOf(hello)
  const other = compiled(stackDocument('shop', { services: { web: service({}, { replicas: 9 }) } }))
  expect(() => encodePlanFile(plan, other)).toThrow('was made from another document')
  const forged = encodePlanFile({ ...plan, document: other.digest }, other)
  expect(decodePlanFile(forged).plan.steps).toEqual(plan.steps)
  // It is well-formed: only the comparison with the cluster (checkFresh) finds that it shows one thing and does another.
})

test.each([
  { name: 'an empty file', text: '', why: 'it is not a plan file of gantry, or is cut off' },
  {
    name: 'a stack program',
    text: 'export default 1',
    why: 'it is not a plan file of gantry, or is cut off',
  },
  { name: 'other JSON', text: '{"a":1}', why: 'it is not a plan file of gantry, or is damaged' },
  {
    name: 'half a file',
    text: encodePlanFile(planOf(hello), hello).slice(0, 500),
    why: 'it is not a plan file of gantry, or is cut off',
  },
  {
    name: 'a file of a later gantry',
    text: encodePlanFile(planOf(hello), hello).replace('"format":1', '"format":2'),
    why: 'it has format 2, and this gantry reads format 1',
  },
  {
    name: 'a file with another value',
    text: encodePlanFile(planOf(hello), hello).replaceAll('app:1', 'app:2'),
    why: 'its content is not what its digest says',
  },
  {
    name: 'a file that was formatted',
    text: JSON.stringify(JSON.parse(encodePlanFile(planOf(hello), hello)), null, 2),
    why: 'it is not written the way gantry writes it',
  },
])('$name is refused, and says why', ({ text, why }) => {
  const { details } = faultOf(text)
  expect(details).toMatchObject({ what: 'the plan file cannot be used', why, exit: 1 })
  expect(details.fix).toBeTruthy()
})

test('a refused plan is not saved', () => {
  const stack = compiled(
    stackDocument('shop', { services: { web: service({ secretFiles: ['token'] }) }, secrets: { token: {} } }),
  )
  expect(() => encodePlanFile(planOf(stack), stack)).toThrow('cannot be saved')
})
