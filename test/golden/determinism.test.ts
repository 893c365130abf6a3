// The same program and inputs give the same bytes: in two processes that see different surroundings, and in two engines,
// QuickJS and V8 (language.md, section 2). Over all examples and all goldens that compile, for all their inputs.

import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { prepareInV8 } from '../bench/v8.ts'
import { evaluateAll } from './evaluate-all.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const compiling = ['inputs', 'many-combinations', 'used-correctly-but-warned', 'warned-of-in-containers']
const files = [
  ...globSync(['examples/*/*.stack.ts', 'test/golden/programs/*.stack.ts'], { cwd: root }),
  ...compiling.map((name) => `test/golden/stacks/${name}.stack.ts`),
]
  .sort()
  .map((path) => `${root}${path}`)

test('in two processes, wherever and in whatever language they run', { timeout: 300_000 }, async () => {
  const script = fileURLToPath(new URL('./compile-all.ts', import.meta.url))
  const run = async (cwd: string, environment: Record<string, string>): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...files], {
      cwd,
      env: { ...process.env, ...environment },
    })
    return stdout
  }
  const first = await run('/', { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' })
  const second = await run(root, { TZ: 'America/Lima', LANG: 'C', LC_ALL: 'C', NODE_OPTIONS: '' })
  expect(first.split('\n').filter((line) => line.includes(' refused '))).toEqual([])
  expect(first.split('\n')).toHaveLength(files.length)
  expect(second).toBe(first)
})

describe('in QuickJS and in V8', () => {
  test.each(files.map((file) => ({ name: basename(file), file })))(
    '$name',
    { timeout: 120_000 },
    async ({ file }) => {
      const { job, runs } = await evaluateAll(file)
      expect(runs.length).toBeGreaterThan(0)
      const results: string[] = []
      for (const { inputs, result } of runs) {
        if ('failure' in result) throw new Error(JSON.stringify(result.failure))
        const json = 'json' in result ? result.json : (results[result.sameAs] ?? '')
        results.push(json)
        const inV8 = await prepareInV8(job, JSON.stringify(inputs))
        expect(inV8()).toBe(json)
      }
    },
  )
})
