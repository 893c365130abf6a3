import { describe, expect, test } from 'vitest'
import { evaluate, evaluateText } from './evaluate.testing.ts'
import { defaultLimits, Sandbox } from './sandbox.ts'

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
    {
      name: 'a text',
      body: "let a = 'x'.repeat(1e6); const all = []; for (;;) all.push(a += 'x')",
      kind: 'memory',
    },
    { name: 'a giant list', body: 'const a = new Array(4e9); a.fill(0)', kind: 'memory' },
    {
      name: 'a giant map',
      body: 'const m = new Map(); for (let i = 0; ; i += 1) m.set(i, [i])',
      kind: 'memory',
    },
    {
      name: 'a closure chain',
      body: 'let f = () => 0; for (;;) { const g = f; f = () => g() }',
      kind: 'memory',
    },
    { name: 'code made from text', body: "(() => {}).constructor('for (;;) {}')()", kind: 'steps' },
    { name: 'a getter of options', body: "service('a', { get image() { for (;;) {} } })", kind: 'steps' },
    {
      name: 'a proxy as options',
      body: "service('a', new Proxy({}, { ownKeys() { for (;;) {} } }))",
      kind: 'steps',
    },
    {
      name: 'a proxy that goes on inside itself',
      body: "const p = new Proxy({}, { get: () => p, ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) }); service('a', p)",
      kind: 'steps',
    },
    { name: 'toString of a thrown value', body: 'throw { toString() { for (;;) {} } }', kind: 'value' },
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

  test.each([
    { name: 'a big number', body: 'let a = 2n; for (;;) a *= a' },
    { name: 'a power', body: 'return 2n ** (2n ** 40n)' },
    { name: 'a sort that lies', body: 'return new Array(3e6).fill(0).sort(() => 1).length' },
    { name: 'a nested regular expression', body: "return /((a*)*)*b/.test('a'.repeat(1e5))" },
  ])('$name comes to an end, one way or the other', async ({ body }) => {
    const began = performance.now()
    await evaluate(body, { deadlineMs: 3000 })
    expect(performance.now() - began).toBeLessThan(15_000)
  })

  test('a loop of declarations', async () => {
    const result = await evaluate("for (let i = 0; ; i += 1) secret('s' + i)")
    expect(result).toMatchObject({ failure: { kind: 'mistake', code: 'GT5006' } })
  })

  test('a stack in a stack', async () => {
    const result = await evaluate("stack('inner', {}, () => {})")
    expect(result).toMatchObject({ failure: { kind: 'mistake', code: 'GT0010' } })
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
    "it <= 'a'", '+it', '-it', 'it * 2', "[it] + ''", '[[it]].toString()', 'String.raw`a${it}`', "'abc'.replace('a', it)",
    "'a'.padEnd(5, it)", 'Object.fromEntries([[it, 1]])', 'JSON.parse(it)', 'isNaN(it)', '({})[it]', 'it in {}', 'Math.max(it)',
    "'a'.at(it)", '[it, it].sort()', 'Symbol.for(it)', 'BigInt(it)', "'a'.split(it)", 'Array.from([it], String)', 'String([it])',
    'Array.from(it + "")', "['a'].indexOf('a', it)", "['a'].concat([it]).join('')", 'Reflect.get({}, it)', "Reflect.apply(String, null, [it])",
  ]
  const service = "service('db', { ports: { pg: tcp(1) } })"
  // prettier-ignore
  test.each([
    "secret('token')", "secret('token').file", "secret('token').env", "volume('data')", "volume('data').readOnly()", service,
    `${service}.ports.pg`, `${service}.ports.pg.host`, `${service}.ports.pg.number`, `${service}.ports`, 'gantry.text`a`', "gantry.config('c', { content: 'a' })", 'gantry.place`spread zone`',
    'gantry.every`day at 02:30`', "gantry.every('30 2 * * *')", 'gantry.gate`errors < 1%`', 'gantry.scale({ min: 1, max: 2 })`cpu > 70% => +1`',
    "gantry.job('j', { image: 'a:1' })", "gantry.cron('c', { image: 'a:1', schedule: '* * * * *' })", "gantry.ingress('i', {})",
    `gantry.route(${service}.ports.pg)`, "gantry.outputs('other')", "gantry.outputs('other').api", "gantry.build('./api')", 'tcp(80)',
    'gantry.input.string()', 'gantry.input.secret()',
  ])('%s', async (made) => {
    const tries = ways.map(
      (way) =>
        `try { void (${way}); passed.push(${JSON.stringify(way)}) } catch (error) { if (error.name !== 'Mistake') passed.push(${JSON.stringify(way)} + error.message) }`,
    )
    expect(
      await evaluate(`const it = ${made}; const passed = []; ${tries.join('\n')}; return passed.join()`),
    ).toEqual({
      text: '',
    })
  })

  test('but the protocol of a port and the access of a volume show, which the program wrote', async () => {
    const ports = 'db.ports.pg.protocol, gantry.udp(53).protocol'
    const volumes =
      "volume('a').access, volume('b', { access: 'shared' }).access, volume('c').readOnly().access"
    const body = `const db = ${service}; return [${ports}, ${volumes}].join(' ')`
    expect(await evaluate(body)).toEqual({ text: 'tcp udp single-writer shared read-only' })
  })

  test('nor does anything of it show', async () => {
    const body = `const it = secret('token'); return Object.keys(it) + typeof it + Object.prototype.toString.call(it) + Reflect.ownKeys(it).length`
    expect(await evaluate(body)).toEqual({ text: 'file,envobject[object Object]2' })
  })

  test('and none can be forged: what looks like one is a plain object', async () => {
    const result = await evaluate("return { $: 'secret', at: 0, nested: { $: 'file', at: 0 } }")
    expect(result).toEqual({ text: '[object Object]' })
  })
})

describe('what is thrown may be anything', () => {
  test.each([
    { body: 'throw null', expected: { kind: 'value', text: 'null' } },
    { body: "throw Symbol('a')", expected: { kind: 'value', text: 'a symbol' } },
    { body: 'throw 1n', expected: { kind: 'value', text: '1' } },
    { body: "throw secret('token')", expected: { kind: 'value', text: 'a handle' } },
    {
      body: 'throw { get name() { throw 1 }, get stack() { throw 2 } }',
      expected: { kind: 'value', text: 'an object' },
    },
    {
      body: "throw Object.defineProperty(new Error('a'), 'name', { get() { throw this } })",
      expected: { kind: 'error', name: '', message: 'a' },
    },
    {
      body: "throw Object.defineProperty(new Error('a'), 'message', { value: { toString: () => 'x' } })",
      expected: { kind: 'error', message: '' },
    },
    {
      body: 'throw new Proxy(new Error(), { get() { throw 1 }, getPrototypeOf() { throw 2 } })',
      expected: { kind: 'value' },
    },
    { body: 'throw { get name() { for (;;) {} } }', expected: {} },
    { body: "throw new Error('a'.repeat(1e6))", expected: { kind: 'error' } },
  ])('$body', async ({ body, expected }) => {
    expect(await evaluate(body, { limits: { steps: 200, memory: 32 * 1024 * 1024 } })).toMatchObject({
      failure: expected,
    })
  })
})

describe('there is nothing of the machine', () => {
  // prettier-ignore
  test.each([
    'Date', 'Promise', 'eval', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'performance', 'queueMicrotask',
    'ArrayBuffer', 'Uint8Array', 'Float64Array', 'DataView', 'process', 'require', 'module', 'fetch', 'setTimeout', 'console', 'print',
    'std', 'os', 'scriptArgs', 'navigator', 'Intl', 'Temporal', 'crypto', 'WebAssembly', 'Worker', 'load', 'gc', 'bjson',
  ])('%s', async (name) => {
    expect(await evaluateText(`return typeof globalThis[${JSON.stringify(name)}]`)).toBe('undefined')
  })

  test('and of chance: neither Math.random, nor the order of what is iterated', async () => {
    expect(await evaluateText('return typeof Math.random')).toBe('undefined')
    const body =
      'return Object.keys({ b: 1, 2: 1, a: 1, 1: 1 }).join() + [3, 1, 2].sort().join() + [...new Set([2, 1])].join()'
    expect(await evaluateText(body)).toBe('1,2,b,a1,2,32,1')
  })

  test('modules of the sandbox itself cannot be imported by a program', async () => {
    const sandbox = new Sandbox()
    try {
      const code = "import { prepare } from 'gantry:sandbox'; prepare(); export default 1"
      const outcome = await sandbox.evaluate({
        modules: [{ path: 'a.stack.ts', code, imports: {} }],
        inputs: {},
        all: false,
        limits: defaultLimits,
      })
      expect(outcome).toMatchObject({ kind: 'failed' })
    } finally {
      await sandbox.close()
    }
  })
})

test('errors carry the place in the compiled module', async () => {
  const result = await evaluate('const f = () => { throw new RangeError("no") }; f()')
  expect(result).toMatchObject({ failure: { kind: 'error', name: 'RangeError', message: 'no' } })
  expect('failure' in result && result.failure.stack).toContain('(./test.stack.ts:3:')
})
