import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hostName,
  isName,
  nameOf,
  parseSelector,
  secretAddress,
  serviceAddress,
  stackOf,
  volumeAddress,
} from './address.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/).filter(isName)

describe('a name', () => {
  test.each(['a', 'api', 'a1', 'db-data', 'a'.repeat(40)])('may be %s', (text) =>
    expect(isName(text)).toBe(true),
  )

  test.each([
    '',
    '1a',
    '-a',
    'a-',
    'A',
    'a_b',
    'a.b',
    'a/b',
    'a b',
    'a\n',
    'é',
    'a'.repeat(41),
    'constructor',
    '__proto__',
  ])('may not be %j', (text) => expect(isName(text)).toBe(false))

  test('is never the name of something that every object has', () => {
    for (const inherited of Object.getOwnPropertyNames(Object.prototype))
      expect(isName(inherited)).toBe(false)
  })
})

describe('an address', () => {
  test('gives back the stack and the name it was made of', () =>
    fc.assert(
      fc.property(name, name, (stack, thing) => {
        for (const address of [
          serviceAddress(stack, thing),
          volumeAddress(stack, thing),
          secretAddress(stack, thing),
        ]) {
          expect(stackOf(address)).toBe(stack)
          expect(nameOf(address)).toBe(thing)
        }
      }),
    ))

  test('differs between kinds and between stacks', () =>
    fc.assert(
      fc.property(name, name, name, (stack, other, thing) => {
        fc.pre(stack !== other)
        const all = [stack, other].flatMap((each) => [
          serviceAddress(each, thing),
          volumeAddress(each, thing),
          secretAddress(each, thing),
        ])
        expect(new Set(all).size).toBe(all.length)
      }),
    ))

  test('of a service is a host name', () => expect(hostName('shop/api')).toBe('api.shop.internal'))
})

describe('a selector', () => {
  test.each([
    ['shop', { kind: 'stack', stack: 'shop' }],
    ['shop/api', { kind: 'service', stack: 'shop', name: 'api' }],
    ['shop/api.3', { kind: 'task', stack: 'shop', name: 'api', slot: 3 }],
    ['shop/api.999999', { kind: 'task', stack: 'shop', name: 'api', slot: 999_999 }],
  ])('%s points at a %o', (text, selector) => expect(parseSelector(text)).toEqual(selector))

  test.each([
    '',
    '/',
    'shop/',
    '/api',
    'Shop',
    'shop/Api',
    'shop/api.',
    'shop/api.0',
    'shop/api.03',
    'shop/api.x',
    'shop/api.1000000',
    'shop/api.1.2',
    'shop/api/b',
    'shop.1',
    'shop/volume:data',
    ' shop',
    'shop\n',
  ])('%j points at nothing', (text) => expect(parseSelector(text)).toBeUndefined())
})
