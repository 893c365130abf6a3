import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-cache-'))
  write('shop.stack.ts', program)
  write('images.ts', "export const image = 'shop/api:1'\n")
})
afterEach(() => rmSync(folder, { recursive: true }))

const program = `import { input, service, stack } from 'gantry'
import { image } from './images'
export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  service('api', { image, labels: { stage } })
})
`

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

interface Outcome {
  readonly wasChecked: boolean
  readonly wasEvaluated: boolean
  readonly result: { readonly ok: boolean; readonly compiled?: { readonly digest: string } }
}

/** In a process of its own, which tells what threads it started. */
function compileInProcess(
  inputs: Record<string, string> = { stage: 'dev' },
  home = join(folder, 'home'),
): Outcome {
  const script = `
    import threads from 'node:worker_threads'
    import { syncBuiltinESMExports } from 'node:module'
    const started = []
    const { Worker } = threads
    threads.Worker = class extends Worker { constructor(file, options) { super(file, options); started.push(String(file)) } }
    syncBuiltinESMExports()
    const { compile } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
    const result = await compile({ file: process.argv[1], inputs: ${JSON.stringify(inputs)} })
    const was = (part) => started.some((each) => each.includes('/' + part + '/worker.'))
    console.log(JSON.stringify({ wasChecked: was('typescript'), wasEvaluated: was('sandbox'), result }))`
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', script, join(folder, 'shop.stack.ts')],
    {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: home },
    },
  )
  return JSON.parse(output) as Outcome // what the script prints
}

const cached = { wasChecked: false, wasEvaluated: false }
const computed = { wasChecked: true, wasEvaluated: true }

describe('an unchanged program', () => {
  test('is neither checked nor evaluated twice, and gives the same', () => {
    const first = compileInProcess()
    expect(first).toMatchObject({ ...computed, result: { ok: true } })
    const second = compileInProcess()
    expect(second).toEqual({ ...first, ...cached })
  })

  test('is evaluated anew, but not checked, for other inputs', () => {
    compileInProcess()
    const other = compileInProcess({ stage: 'prod' })
    expect(other).toMatchObject({ wasChecked: false, wasEvaluated: true, result: { ok: true } })
  })

  test('that does not compile is not checked twice either', () => {
    write('images.ts', "export const image = 'shop/api:1'\nexport const wrong: number = 'x'\n")
    const first = compileInProcess()
    expect(first.result.ok).toBe(false)
    expect(compileInProcess()).toEqual({ ...first, ...cached })
  })
})

function moveImages(): void {
  mkdirSync(join(folder, 'images'))
  rmSync(join(folder, 'images.ts'))
  write('images/index.ts', "export const image = 'shop/api:3'\n")
}

describe('a changed one is checked again', () => {
  test.each([
    {
      name: 'the stack file',
      change: () => write('shop.stack.ts', program.replace('labels: { stage }', "labels: { stage, a: 'b' }")),
    },
    {
      name: 'a file that it imports',
      change: () => write('images.ts', "export const image = 'shop/api:2'\n"),
    },
    { name: 'a file that is now found first', change: moveImages },
  ])('$name', ({ change }) => {
    const before = compileInProcess()
    change()
    const after = compileInProcess()
    expect(after).toMatchObject({ wasChecked: true, result: { ok: true } })
    expect(after.result.compiled?.digest).not.toBe(before.result.compiled?.digest)
  })
})

describe('a cache that cannot be trusted is not used', () => {
  const entries = () =>
    readdirSync(join(folder, '.gantry', 'cache')).map((name) => join(folder, '.gantry', 'cache', name))

  test.each<{ name: string; spoil: (text: string) => string }>([
    { name: 'cut off', spoil: (text) => text.slice(0, text.length / 2) },
    { name: 'empty', spoil: () => '' },
    { name: 'changed in one place', spoil: (text) => text.replace('shop/api:1', 'evil/api:1') },
    { name: 'without its signature', spoil: (text) => text.slice(text.indexOf('\n')) },
    { name: 'not JSON', spoil: () => 'abc\n{' },
  ])('one that is $name', ({ spoil }) => {
    const first = compileInProcess()
    for (const path of entries()) writeFileSync(path, spoil(readFileSync(path, 'utf8')))
    expect(compileInProcess()).toEqual(first)
  })

  test('one that another user wrote, such as the author of a pull request', () => {
    const first = compileInProcess({ stage: 'dev' }, join(folder, 'author'))
    expect(compileInProcess({ stage: 'dev' }, join(folder, 'reviewer'))).toEqual(first)
  })

  test('entries that were swapped', () => {
    compileInProcess({ stage: 'dev' })
    compileInProcess({ stage: 'prod' })
    const runs = entries().filter((path) => path.includes('run-'))
    expect(runs).toHaveLength(2)
    const texts = runs.map((path) => readFileSync(path, 'utf8'))
    for (const [index, path] of runs.entries()) writeFileSync(path, texts[1 - index] ?? '')
    expect(compileInProcess({ stage: 'dev' })).toMatchObject({ wasChecked: false, wasEvaluated: true })
  })
})

test('a folder that cannot be written to is no obstacle', () => {
  write('.gantry', 'a file where the folder would be')
  expect(compileInProcess()).toMatchObject({ result: { ok: true } })
})

test('a folder that leads elsewhere is not followed', () => {
  mkdirSync(join(folder, 'elsewhere'))
  symlinkSync('elsewhere', join(folder, '.gantry'))
  expect(compileInProcess()).toMatchObject({ ...computed, result: { ok: true } })
  expect(readdirSync(join(folder, 'elsewhere'))).toEqual([])
})

test('a machine without a home for the key has no cache', () => {
  write('home', 'a file where the folder would be')
  expect(compileInProcess()).toMatchObject({ ...computed, result: { ok: true } })
  expect(compileInProcess()).toMatchObject(computed)
})

test('at most 64 entries are kept', () => {
  const cache = join(folder, '.gantry', 'cache')
  mkdirSync(cache, { recursive: true })
  for (let number = 0; number < 100; number += 1)
    writeFileSync(join(cache, `run-${number.toString(16).padStart(32, '0')}.json`), 'old')
  writeFileSync(join(cache, 'run.json'), 'of somebody else')
  compileInProcess()
  expect(readdirSync(cache)).toHaveLength(65)
  expect(readdirSync(cache)).toContain('run.json')
  expect(compileInProcess()).toMatchObject(cached)
})
