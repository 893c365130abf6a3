import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compile } from './testing.ts'

const stack = (name: string) => new URL(`../../test/golden/stacks/${name}.stack.ts`, import.meta.url)

test('gives the document to a test, from a URL or a path', async () => {
  const file = stack('used-correctly-but-warned')
  const { document } = await compile(file)
  expect(document.services['api']?.replicas).toBe(1)
  expect(await compile(fileURLToPath(file))).toEqual(await compile(file))
})

test('throws what gantry check would show', async () => {
  const attempt = compile(stack('bad-size'))
  await expect(attempt).rejects.toThrow("error[GT1102]: memory '512MB' is not a size")
  await expect(attempt).rejects.toThrow('test/golden/stacks/bad-size.stack.ts:4:64')
})

test('takes inputs as the command line would', async () => {
  await expect(compile(stack('inputs'), { stage: 'dev' })).rejects.toThrow("the input 'port' is not given")
  const inputs = { stage: 'dev', port: '80', domain: 'shop.example' }
  expect((await compile(stack('inputs'), inputs)).document.inputs).toEqual({
    ...inputs,
    port: 80,
    debug: false,
  })
})
