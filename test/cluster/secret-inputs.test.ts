// Secret inputs on a real cluster: a value that is given becomes a version of the secret before the commit, and is seen
// nowhere else.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runGantry } from '../support/gantry.ts'

const work = mkdtempSync(join(tmpdir(), 'gantry-secrets-'))
const home = join(work, 'home')
const value = 'hunter2-never-seen'

const gantry = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runGantry(args, { cwd: work, env: { GANTRY_HOME: home, ...env } })

beforeAll(async () => {
  writeFileSync(
    join(work, 'stack.ts'),
    `import { input, stack } from 'gantry'
export default stack('shop', { apiToken: input.secret({ env: 'SHOP_TOKEN' }) }, () => undefined)
`,
  )
  const up = await gantry(['up', '--own-docker'])
  expect(up.code, up.err).toBe(0)
}, 120_000)

afterAll(async () => {
  await gantry(['down', '--purge', '--yes'])
  rmSync(work, { recursive: true, force: true })
}, 120_000)

async function versions(): Promise<number[]> {
  const { out } = await gantry(['secret', 'list', '--json'])
  const { secrets } = JSON.parse(out) as { secrets: { address: string; versions: { version: number }[] }[] } // the command's own promise
  return secrets.flatMap((secret) => secret.versions.map((each) => each.version))
}

describe('the value of a secret input', { timeout: 120_000 }, () => {
  test('is not set by a plan, which says that there is one', async () => {
    const plan = await gantry(['plan'], { SHOP_TOKEN: value })
    expect(plan.code, plan.err).toBe(0)
    expect(plan.err).toMatch(/secret shop\/api-token: the value that \$SHOP_TOKEN gives becomes version 1/)
    expect(plan.out + plan.err).not.toContain(value)
    expect(await versions()).toEqual([])
  })

  test('is the first version once it is applied, and the next apply has nothing to do', async () => {
    const first = await gantry(['apply', '--yes'], { SHOP_TOKEN: value })
    expect(first.code, first.err).toBe(0)
    expect(first.err).toMatch(/secret shop\/api-token is at version 1[^]*applied shop version 1/)
    expect(first.out + first.err).not.toContain(value)
    expect(await versions()).toEqual([1])
    const second = await gantry(['apply', '--yes'], { SHOP_TOKEN: 'another' })
    expect(second.code, second.err).toBe(0)
    expect(second.err).toMatch(/keeps version 1; --input apiToken=… sets another/)
    expect(await versions()).toEqual([1])
  })

  test('is another version when it is given by hand', async () => {
    const applied = await gantry(['apply', '--yes', '--input', `apiToken=${value}2`])
    expect(applied.code, applied.err).toBe(0)
    expect(applied.out + applied.err).not.toContain(value)
    expect(await versions()).toEqual([1, 2])
  })

  test('does not go into a saved plan', async () => {
    const saved = await gantry(['plan', '-o', 'shop.plan', '--input', `apiToken=${value}`])
    expect(saved.code, saved.err).toBe(0)
    expect(saved.err).toMatch(
      /a saved plan holds no values: set that of api-token with gantry secret set shop\/api-token/,
    )
  })
})
