import { describe, expect, test } from 'vitest'
import { evaluate, evaluateText } from './evaluate.testing.ts'

describe('a program that does not end is ended', () => {
  test.each([
    { name: 'a loop', body: 'for (;;) {}', kind: 'steps' },
    {
      name: 'a loop that catches what it can',
      body: 'for (;;) { try { for (;;) {} } catch {} }',
      kind: 'steps',
    },
    { name: 'a loop in finally', body: 'try { for (;;) {} } finally { for (;;) {} }', kind: 'steps' },
    {
      name: 'a regular expression',
      body: "return /^(\\w+\\s?)+$/.test('a'.repeat(40) + '!')",
      kind: 'steps',
    },
    {
      name: 'a generator',
      body: 'const g = function* () { for (;;) yield 1 }; for (const _ of g()) {}',
      kind: 'steps',
    },
    { name: 'calls', body: 'const f = () => 1 + f(); return f()', kind: 'recursion' },
    { name: 'calls through built-ins', body: 'const f = (n) => [n].map(f); return f(1)', kind: 'recursion' },
    {
      name: 'calls of a getter',
      body: 'const o = { get x() { return this.x } }; return o.x',
      kind: 'recursion',
    },
    { name: 'a list that doubles', body: 'let a = [1]; for (;;) a = [...a, ...a]', kind: 'memory' },
    { name: 'objects', body: 'const a = []; for (;;) a.push({ a })', kind: 'memory' },
  ])('$name: $kind', async ({ body, kind }) => {
    const result = await evaluate(body, {
      limits: { steps: 2000, memory: 32 * 1024 * 1024 },
      deadlineMs: 60_000,
    })
    expect(result).toMatchObject({ failure: { kind } })
  })

  test('a built-in that loops natively, which only the end of its thread stops', async () => {
    const result = await evaluate('return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', {
      deadlineMs: 300,
    })
    expect(result).toMatchObject({ failure: { kind: 'deadline' } })
  })

  test('a loop at the deadline, when its steps are not counted to the end', async () => {
    const limits = { steps: 1e9, memory: 32 * 1024 * 1024 }
    const result = await evaluate('for (;;) {}', { limits, deadlineMs: 300 })
    expect(result).toMatchObject({ failure: { kind: 'deadline', calls: [] } })
  })

  test('a text too long for the engine is an error of the program', async () => {
    expect(await evaluate("let a = 'x'; for (;;) a += a")).toMatchObject({ failure: { kind: 'error' } })
  })

  test('a value nested beyond all measure', async () => {
    const body = 'let o = {}; for (let i = 0; i < 100000; i += 1) o = { o }; return JSON.stringify(o)'
    expect(await evaluate(body)).toHaveProperty('failure')
  })

  test('source too deep to parse', async () => {
    expect(await evaluate(`return ${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toHaveProperty('failure')
  })
})

describe('the built-in objects cannot be changed', () => {
  test.each([
    'Array.prototype.map = () => []',
    'Object.prototype.toJSON = () => 1',
    'Object.prototype.toString = () => "x"',
    'delete Array.prototype.push',
    'Object.defineProperty(String.prototype, "trim", { value: () => "" })',
    'JSON.stringify = () => "{}"',
    'Object.setPrototypeOf(Array.prototype, null)',
    '(function* () {}).constructor.prototype.x = 1',
    'Error.prototype.name = "x"',
    '[].values().__proto__.next = () => ({ done: true })',
  ])('%s', async (code) => {
    expect(await evaluate(code)).toMatchObject({ failure: { kind: 'error', name: 'TypeError' } })
  })

  test('what is made from them can be', async () => {
    const body = `class Oops extends Error { constructor() { super('a'); this.name = 'Oops'; this.message = 'b' } }
      const o = {}; o.toString = () => 'own'; o.constructor = 1; o.hasOwnProperty = 2
      try { throw new Oops() } catch (error) { return error.name + error.message + o.toString() + o.constructor + Object.keys(o) }`
    expect(await evaluateText(body)).toBe('Oopsbown1toString,constructor,hasOwnProperty')
  })
})

describe('a handle never becomes text', () => {
  // prettier-ignore
  const ways = [
    '`${it}`', 'String(it)', "'' + it", 'it + 1', '[it].join()', '`${[it]}`', 'JSON.stringify(it)', 'JSON.stringify({ a: [it] })',
    'it.toString()', 'it.toLocaleString()', '({ [it]: 1 })', "it == 'a'", 'Number(it)', 'it > 1', 'new RegExp(it)', "'a'.concat(it)",
    "'a'.includes(it)", 'encodeURIComponent(it)', 'Object.prototype.valueOf.call(it) + 1', 'new Error(it)', 'Symbol(it)', 'parseInt(it)',
  ]
  test.each([
    "secret('token')",
    "secret('token').file",
    "volume('data')",
    "volume('data').readOnly()",
    "service('db', { ports: { pg: tcp(1) } })",
    "service('db', { ports: { pg: tcp(1) } }).ports.pg",
    'gantry.text`a`',
  ])('%s', async (made) => {
    const tries = ways.map(
      (way) =>
        `try { void (${way}); passed.push(${JSON.stringify(way)}) } catch (error) { if (error.name !== 'Mistake') passed.push(error.message) }`,
    )
    expect(
      await evaluate(`const it = ${made}; const passed = []; ${tries.join('\n')}; return passed.join()`),
    ).toEqual({
      text: '',
    })
  })

  test('nor does anything of it show', async () => {
    const body = `const it = secret('token'); return Object.keys(it) + typeof it + Object.prototype.toString.call(it) + Reflect.ownKeys(it).length`
    expect(await evaluate(body)).toEqual({ text: 'fileobject[object Object]1' })
  })
})

test('errors carry the place in the compiled module', async () => {
  const result = await evaluate('const f = () => { throw new RangeError("no") }; f()')
  expect(result).toMatchObject({ failure: { kind: 'error', name: 'RangeError', message: 'no' } })
  expect('failure' in result && result.failure.stack).toContain('(./test.stack.ts:3:')
})
