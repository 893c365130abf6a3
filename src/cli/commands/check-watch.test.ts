// `gantry check --watch` as somebody uses it: a real process, a real folder, and files that change under it.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, expect, test } from 'vitest'

const main = join(import.meta.dirname, '../main.ts')

const program = (image: string) => `import { service, stack } from 'gantry'
import { worker } from './worker.ts'

export default stack('shop', {}, () => {
  service('api', { image: '${image}' })
  worker()
})
`
const library = `import { service } from 'gantry'
export const worker = () => service('worker', { image: 'shop/worker:1' })
`

class Watched {
  readonly folder = mkdtempSync(join(tmpdir(), 'gantry-watch-'))
  readonly file = join(this.folder, 'shop.stack.ts')
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  out = ''
  err = ''

  constructor(...options: readonly string[]) {
    writeFileSync(this.file, program('shop/api:1'))
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, 'check', '--watch', ...options],
      { cwd: this.folder, env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString('utf8')))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.err += chunk.toString('utf8')))
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve))
  }

  /** Resolves once what was written since the last call has it. */
  async until(pattern: RegExp): Promise<string> {
    const deadline = performance.now() + 30_000
    for (;;) {
      const said = this.err + this.out
      if (pattern.test(said)) {
        this.err = ''
        this.out = ''
        return said
      }
      if (performance.now() > deadline) throw new Error(`waited for ${pattern.source}; there is: ${said}`)
      await Promise.race([
        new Promise((resolve) => this.#child.stdout?.once('data', resolve)),
        new Promise((resolve) => this.#child.stderr?.once('data', resolve)),
        new Promise((resolve) => setTimeout(resolve, 200)),
      ])
    }
  }

  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT')
    return this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
    rmSync(this.folder, { recursive: true, force: true })
  }
}

let watched: Watched | undefined
afterEach(() => watched?.[Symbol.asyncDispose]())

test('answers after each change, of what is there and of what comes to exist, until it is interrupted', async () => {
  const it = (watched = new Watched())
  expect(await it.until(/watching for changes/)).toMatch(/worker\.ts/)
  writeFileSync(join(it.folder, 'worker.ts'), library)
  await it.until(/ok: shop: 2 services/)
  writeFileSync(it.file, program('shop/api'))
  expect(await it.until(/GT1105[^]*1 error/)).toContain('shop.stack.ts:5:27')
  writeFileSync(it.file, program('shop/api:2'))
  await it.until(/ok: shop: 2 services/)
  writeFileSync(join(it.folder, 'worker.ts'), library.replace('shop/worker:1', 'shop/worker'))
  await it.until(/GT1105[^]*1 error/)
  writeFileSync(join(it.folder, 'worker.ts'), library)
  await it.until(/ok: shop: 2 services/)
  renameSync(it.file, join(it.folder, 'away'))
  await it.until(/cannot read the stack file/)
  renameSync(join(it.folder, 'away'), it.file)
  await it.until(/ok: shop: 2 services/)
  writeFileSync(it.file, program('shop/api:2').replace('stack(', 'stack(('))
  await it.until(/GT1001/)
  // As editors write: a new file takes the place of the old.
  writeFileSync(join(it.folder, '.new'), program('shop/api:2'))
  renameSync(join(it.folder, '.new'), it.file)
  await it.until(/ok: shop: 2 services/)
  expect(await it.interrupt()).toBe(130)
}, 120_000)

test('--json writes one document a line, and one for a file that is gone', async () => {
  const it = (watched = new Watched('--json'))
  mkdirSync(join(it.folder, 'worker'))
  writeFileSync(join(it.folder, 'worker.ts'), library)
  await it.until(/"valid":true/)
  writeFileSync(it.file, program('shop/api'))
  await it.until(/"code":"GT1105"[^]*\n/)
  renameSync(it.file, join(it.folder, 'away'))
  await it.until(/"error":\{/)
  renameSync(join(it.folder, 'away'), it.file)
  await it.until(/GT1105/)
  writeFileSync(it.file, program('shop/api:2'))
  await it.until(/"valid":true/)
  const lines = it.out.split('\n').filter((line) => line !== '')
  for (const line of lines) JSON.parse(line)
  expect(await it.interrupt()).toBe(130)
}, 120_000)
