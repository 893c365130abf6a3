// What a program does about its own limits: nothing. How deep its calls may go and how much it can remember is the
// engine's business, and must not get into the document by way of `catch` or `finally`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { check } from '../index.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-caught-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
async function codesOf(body: string, head = ''): Promise<readonly string[]> {
  count += 1
  const file = join(folder, `s${count}.stack.ts`)
  writeFileSync(
    file,
    `import { service, stack } from 'gantry'
let d = 0
const go = (): number => { d += 1; return 1 + go() }
const bomb = (): number => { const all: unknown[] = []; for (;;) all.push({ d: [d++] }) }
${head}
export default stack('a', {}, () => { ${body}; service('a', { image: 'a:1', env: { D: d } }) })`,
  )
  const result = await check({ file, cacheFolder: null })
  return result.ok ? [] : result.diagnostics.map(({ code }) => code)
}

test.each([
  ['catch without a binding', 'try { go() } catch {}'],
  ['catch with one', 'try { go() } catch (e) { d = e instanceof Error ? 1 : 2 }'],
  ['catch that takes it apart', 'try { go() } catch ({ message }: any) { d += message.length }'],
  ['catch at each depth', 'const f = (): number => { try { d += 1; return f() } catch { return d } }; f()'],
  ['finally that returns', 'const f = (): number => { try { return go() } finally { return d } }; f()'],
  [
    'finally that returns at each depth',
    'const f = (): number => { try { d++; return f() } finally { return d } }; f()',
  ],
  ['finally that leaves a loop', 'for (;;) { try { go() } finally { break } }'],
  [
    'finally behind a catch that fails',
    'const f = (): number => { try { throw new Error("a") } catch { return go() } finally { return d } }; f()',
  ],
  ['finally that throws its own', 'try { try { go() } finally { throw new Error(`deep ${d}`) } } catch {}'],
  [
    'a generator',
    'const f = function* () { try { yield go() } finally { return d } }; for (const x of f()) d += x',
  ],
])('%s does not hide that calls went too deep', async (_, body) => {
  expect(await codesOf(body)).toEqual(['GT5004'])
})

test('nor does one outside of the body of the stack', async () => {
  expect(await codesOf('', 'try { go() } catch {}')).toEqual(['GT5004'])
})

test.each([
  ['catch', 'try { bomb() } catch {}'],
  ['finally', 'const f = (): number => { try { return bomb() } finally { return d } }; f()'],
  ['a catch that throws it on', 'try { try { bomb() } catch (e) { throw e } } catch {}'],
])('%s does not hide that the memory was used up', async (_, body) => {
  expect(await codesOf(body)).toEqual(['GT5005'])
})

test('what the program throws itself is caught as ever', async () => {
  expect(
    await codesOf(
      'try { throw new RangeError("a") } catch { d = 1 }; try { JSON.parse("{") } catch (e) { d = e instanceof SyntaxError ? 2 : 3 }; try { throw 7 } catch (e) { d = Number(e) }',
    ),
  ).toEqual([])
})
