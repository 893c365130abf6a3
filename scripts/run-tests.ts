// Runs vitest and ends with "N passed, N failed" from its own report. Exits with 10 when a test failed or when none ran.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTotalTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), name: z.string(), message: z.string() })),
})

const folder = mkdtempSync(join(tmpdir(), 'gantry-tests-'))
const file = join(folder, 'report.json')
const child = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)
child.on('exit', (code) => {
  try {
    const result = report.parse(JSON.parse(readFileSync(file, 'utf8')))
    // A file that could not even be loaded has no tests to count; it counts as one that failed.
    const unloaded = result.testResults.filter(
      (each) => each.status === 'failed' && each.message !== '',
    ).length
    const failed = Math.max(result.numFailedTests, unloaded, code === 0 ? 0 : 1)
    if (result.numPendingTests > 0) console.log(`${result.numPendingTests} skipped`)
    console.log(`${result.numPassedTests} passed, ${failed} failed`)
    process.exitCode = failed === 0 && result.numPassedTests > 0 ? 0 : 10
  } catch (error) {
    console.error(`error: vitest left no report (exit code ${String(code)})`, error)
    console.log('0 passed, 1 failed')
    process.exitCode = 10
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
