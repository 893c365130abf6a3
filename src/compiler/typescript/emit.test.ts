// What is cut out of a program must be types and nothing else: each piece of TypeScript here is run as our emitter and as
// TypeScript's own make it, and both must give the same.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Script } from 'node:vm'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { originalOffset } from '../edits.ts'
import { ProgramFiles } from '../files.ts'
import { typescriptChecker } from './checker.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-emit-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
function emit(text: string): {
  readonly code: string
  readonly pieces: readonly number[]
  readonly text: string
} {
  count += 1
  const name = `p${count}.ts`
  writeFileSync(join(folder, name), text)
  const { modules } = typescriptChecker.open(new ProgramFiles(folder), name)
  const [module] = modules
  if (!module) throw new Error('the program was refused')
  return { code: module.code, pieces: module.pieces, text }
}

/** What `result` is after the code was run. */
function run(code: string): unknown {
  const calls = `const __gantry_call = (_, f) => f
    const __gantry_method = (_, o, m) => { const f = o[m]; return (...values) => f.apply(o, values) }
    const __gantry_call_if = (_, f) => f ?? undefined
    const __gantry_method_if = (id, optional, o, m) =>
      (optional !== 'method' && o == null) || (optional !== 'target' && o[m] == null) ? undefined : __gantry_method(id, o, m)`
  const script = new Script(
    `(() => { 'use strict'; ${calls}\n${code.replaceAll(/^export /gm, '')}\n; return result })()`,
  )
  return script.runInNewContext()
}

const programs: Readonly<Record<string, string>> = {
  annotations: `const a: number = 1; let b!: string; b = 'x'; const { c, d = 2 }: { c?: number; d?: number } = {}
    const [e = 3]: readonly number[] = []; const result = [a, b, c, d, e]`,
  functions: `function f<T extends string>(this: void, a: T, b?: number, ...rest: readonly unknown[]): [T, number?] { return b === undefined ? [a] : [a, b] }
    const g = <T,>(x: T): T => x
    const h = <A, B>(a: A, b: B): { a: A
      b: B } => ({ a, b })
    const i = function named<T>(x: T): x is T { return true }
    void g
    const result = [f('a'), f<'b'>('b', 2, 3), h(1, 2), i(1)]`,
  overloads: `function f(a: string): string
    function f(a: number): number
    function f(a: unknown): unknown { return a }
    const result = [f('a'), f(1)]`,
  'a type behind which the next line begins with a bracket': `const f = (x: unknown) => x
    const a = f as (x: unknown) => unknown
    ;[1].forEach((n) => f(n))
    const b = [1, 2] as number[]
    [0, 1].map((n) => n)
    const c = f satisfies unknown
    (function () { return 1 })()
    const d = 'x' as string
    \`template\`.length
    type T = string
    (b.length)
    const result = [typeof a, b, typeof c, d]`,
  'types among statements': `const a = 1
    interface I { x: number }
    ;[a].length
    type X<T> = T extends string ? 1 : 2
    declare const nothing: number
    declare function missing(): void
    const result = a`,
  'what is caught': `const seen: unknown[] = []
    const f = (x: unknown): unknown => { try { throw x } catch (error: unknown) { seen.push(error); error = 1; return error } finally { seen.push('f') } }
    const g = (): string => { try { throw new Error('a') } catch { return 'caught' } }
    const h = (): number => { try { throw new Error('a') } finally { return 2 } }
    const i = (): unknown => { try { throw new Error('abc') } catch ({ message, name = 'x' }: any) { message += '!'; return [message, name] } }
    const j = (): unknown => { for (;;) { try { try { throw 1 } catch (e) { throw [e, 2] } finally { seen.push('j') } } catch ([a, b]: any) { seen.push(a, b); break } finally { seen.push('k') } } return 3 }
    const k = (): unknown => { try { null!.x } catch (e) { return String((e as Error).name) } }
    const result = [f(1), f(undefined), g(), h(), i(), j(), k(), seen]`,
  assertions: `const o: unknown = { a: { b: [1] } }
    const x = (o as { a: { b: number[] } }).a!.b[0]!
    const y = <number>(<unknown>x)
    const z = { k: 'v' as const, l: [1, 2] as const satisfies readonly number[] }
    let w = 1 as number; (w as number) = 2; w! += 1
    const result = [x, y, z, w]`,
  'generic calls': `const m = new Map<string, Set<Map<string, number>>>([['a', new Set<Map<string, number>>()]])
    const id = <T,>(x: T): T => x
    const tag = <T,>(s: TemplateStringsArray, ...v: T[]) => s.raw.join('|') + v.join()
    const bound = id<string>
    const result = [m.size, id<number>(1), id < 2 === true, tag<number>\`a\${1}b\`, bound('q'), id<Array<string>>(['z'])]`,
  classes: `abstract class Base<T extends object = {}> implements Iterable<T> {
      public readonly a: string = 'a'
      protected b?: number
      private static readonly c: number = 3
      declare d: string
      readonly ['e'] = 5
      static { this.f = 6 }
      static f: number
      private readonly async = 7
      #g: number = 8;
      [key: symbol]: unknown
      constructor(private_: string, public_?: number) { this.a += private_ + String(public_) }
      abstract later(): void
      m(x: string): string
      m(x: number): string
      m(this: Base<T>, x: unknown): string { return String(x) + this.#g + Base.c }
      get n(): number { return this.async }
      set n(value: number) { void value }
      protected *o<U>(u: U): Generator<U> { yield u }
      *[Symbol.iterator](): Iterator<T> {}
    }
    class Derived extends Base<{ x: 1 }> implements Object { override later(): void {} private x = 1 as number
      static y = 2 }
    const d = new Derived('p')
    const anonymous = class<T> { v!: T }
    const result = [d.a, d.m('m'), d.n, Object.keys(d), Base.f, Derived.y, new anonymous<string>() instanceof anonymous]`,
  'calls in every form': `const o = { n: 1, m(this: { n: number }, x: number) { return this.n + x }, f: (x: number) => x, get g() { return () => 9 } }
    const list: (() => number)[] = [() => 4]
    const key = 'm'
    const curry = (a: number) => (b: number) => a + b
    const missing = undefined as (() => void) | undefined
    class K { p = 5; q() { return this.p } static make() { return new K() } }
    const result = [o.m(1), (o.m)(1), (o as typeof o).m(1), o!.m!(1), o[key](2), list[0]!(), curry(1)(2), o.g(), missing?.(), o?.m(3),
      new K().q(), K.make().q(), (0, o.f)(7), [1, 2].map(curry(1)), ((x: number) => x)(8), new (class { r() { return 6 } })().r(), o.f(o.f(o.m(1)))]`,
  'calls of what may be missing': `const seen: string[] = []
    const f = ((x: string) => { seen.push(x); return { a: { b: x, c: (y: string) => x + y } } }) as any
    const none = undefined as any
    const o = { n: 1, m<T>(x: T) { seen.push('m'); return [(this as any).n, x] }, none, inner: { none, k: () => 'k', g() { return this } } } as any
    const list = [f?.('1').a.b, none?.(f('2')).a.b, none?.(f('3'))(1), f?.('4').a.c('5'), f?.('6').a?.c('7'), o?.m(1), o.m?.(2), o?.m?.(3), o?.['m'](4),
      o?.[f('8').a.b]?.(f('9')), none?.[f('10').a.b](1), o.none?.(f('11')), none?.m(f('12')).x.y, none?.m?.(f('13')), o?.inner.k(), o?.inner?.k(),
      o.inner.g?.().k?.(), (o?.m)(5), (o?.m)?.(6), o?.m<number>(7), o!.m?.<number>(8), (o as any)?.m!(9), delete o?.inner?.g().z, typeof none?.()]
    const errors = [() => o.none.m?.(1), () => o?.none.m(2), () => o?.none(3), () => o.inner?.none(4), () => none.m?.(5)]
      .map((each) => { try { return each() } catch (error: unknown) { return (error as Error).name } })
    const result = [seen, list, errors]`,
  'order of evaluation': `const seen: string[] = []
    const note = <T,>(name: string, value: T): T => { seen.push(name); return value }
    const target = { get f() { seen.push('get'); return (...all: unknown[]) => all.length } }
    note('target', target).f(note('a', 1), note('b', 2))
    const result = seen`,
  comments: `const a /* : string */: /* between */ number /* behind */ = 1 // as string
    const f = (/* none */): /* type */ void => {} // : never
    const s = 'x as y'; const t = \`\${s as string} as z\`; const r = /: number/ as RegExp
    void f
    const result = [a, s, t, r.source]`,
  'ways of control': `let n = 0
    for (const x of [1, 2] as number[]) n += x
    for (let i: number = 0; i < 2; i++) n += i
    for (const k in { a: 1 } as Record<string, number>) n += k.length
    try { throw new Error('a') } catch (error: unknown) { n += (error as Error).message.length }
    label: do { if (n > 3) break label } while ((n as number) < 100)
    switch (n as number) { case 1 as number: n = 0; break; default: n += 1 }
    const result = n`,
}

describe('what remains means what TypeScript says that it means', () => {
  test.each(Object.keys(programs))('%s', (name) => {
    const text = programs[name] ?? ''
    const expected = ts.transpileModule(text, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2024,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: false,
      },
    }).outputText
    const ours = run(emit(text).code)
    expect(JSON.stringify(ours)).toBe(JSON.stringify(run(expected)))
    expect(ours).toBeDefined()
  })
})

test('every name that remains is found again at its place', () => {
  for (const program of Object.values(programs)) {
    const { code, pieces, text } = emit(program)
    // What asks an error whether it ends the program, and what goes around a `finally`, is put in.
    const added = [
      ...code.matchAll(
        /if \((\w+) === null \|\| \1\?\.__gantry_fatal\) \{[^}]*\}(?: (?:throw __gantry|let\b))?|\}? catch \(__gantry|try \{ (?=try)/g,
      ),
    ]
    for (const match of code.matchAll(/\b(?!__gantry)[a-zA-Z]{3,}\b/g)) {
      // Names of methods are put in anew, as strings.
      if (code[match.index - 1] === '"') continue
      if (added.some((each) => each.index <= match.index && match.index < each.index + each[0].length))
        continue
      const back = originalOffset(pieces, match.index)
      expect(text.slice(back, back + match[0].length)).toBe(match[0])
    }
  }
})

test('imports and exports of what exists in types only are left out', () => {
  writeFileSync(
    join(folder, 'm.ts'),
    'export interface I { x: 1 }\nexport type T = 1\nexport const v = 1\nexport class C {}\n',
  )
  const { code } = emit(`import { I, v, type T, C } from './m.ts'
import { I as J } from './m.ts'
import type { C as D } from './m.ts'
import * as all from './m.ts'
export { T, v as w } from './m.ts'
export type { I } from './m.ts'
export { type I as K } from './m.ts'
export const used: [I, J, D, T] | number = v + Object.keys(all).length + new C().toString().length
`)
  expect(code.split('\n').slice(0, 7)).toEqual([
    "import { v, C } from './m.ts'",
    ';',
    ';',
    "import * as all from './m.ts'",
    "export { v as w } from './m.ts'",
    ';',
    "export {  } from './m.ts'",
  ])
})

test.each([
  'enum E { A }',
  'const enum E { A }',
  'namespace N { export const a = 1 }',
  'class C { constructor(private x: number) {} }',
  "import x = require('./m.ts')",
  'const x = 1; export = x',
  'const d = (x: unknown) => x; @d class C {}',
  'using x = null',
])('%s is refused', (text) => {
  writeFileSync(join(folder, 'refused.ts'), text)
  const opened = typescriptChecker.open(new ProgramFiles(folder), 'refused.ts')
  expect(opened.modules).toEqual([])
  expect(opened.diagnose()[0]?.diagnostic.code).toBe('GT1012')
})
