import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, digestOf, sha256 } from './canonical.ts'

/** The same value with the members of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  )
}

const json = fc.jsonValue()

test('the order of keys does not show', () =>
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))
    }),
  ))

test('it is JSON, and says the same', () =>
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalJson(value)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(JSON.parse(text))).toBe(text)
    }),
  ))

test('two values have the same digest exactly when they are equal', () =>
  fc.assert(
    fc.property(json, json, (a, b) => {
      const isEqual = canonicalJson(a) === canonicalJson(b)
      expect(digestOf(a) === digestOf(b)).toBe(isEqual)
      if (isEqual) expect(JSON.parse(JSON.stringify(a))).toEqual(JSON.parse(JSON.stringify(b)))
    }),
  ))

test('keys are sorted by code unit, and nothing is added', () =>
  expect(canonicalJson({ b: 1, a: [true, null, 'x'], B: { z: 0, é: 1, y: 2 } })).toBe(
    '{"B":{"y":2,"z":0,"é":1},"a":[true,null,"x"],"b":1}',
  ))

test('a member that is undefined is not there', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  expect(digestOf({ a: undefined })).toBe(digestOf({}))
})

test('an object without a prototype is as good as any', () =>
  expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}'))

test.each([
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['undefined', undefined],
  ['undefined in an array', [undefined]],
  ['a bigint', 1n],
  ['a map', new Map([['a', 1]])],
  ['a date', new Date(0)],
  ['bytes', new Uint8Array(2)],
])('%s is refused', (_, value) => expect(() => canonicalJson({ value: [value] })).toThrow('canonical JSON'))

test('sha256 is what others compute', () =>
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'))
