// Losses that are easy to miss: each has its verdict, and what is written in its place compiles.

import { describe, expect, test } from 'vitest'
import { importCompose } from '../../src/compose/index.ts'
import { noFiles } from './corpus.ts'

function run(text: string) {
  const result = importCompose({ text, file: 'compose.yaml', folder: '/srv/shop', files: noFiles })
  if (!result.ok) throw new Error(result.problem.what)
  const entryOf = (key: string) => result.report.find((each) => each.key === key)
  const why = (key: string) => (entryOf(key)?.remarks ?? []).map((each) => each.why).join('; ')
  return { code: result.code, why, verdict: (key: string) => entryOf(key)?.verdict }
}

const service = (rest: string): string => `services:\n  a:\n    image: nginx:1\n${rest}`

describe('what cannot start before the old task has stopped', () => {
  test.each([
    ['a volume without a name', 'volumes: [/anon]'],
    ['a host port', 'ports: [{ target: 80, published: 80, mode: host }]'],
  ])('is stop-first: %s', (_, rest) => {
    const { code, verdict } = run(
      service(`    ${rest}\n    deploy: { update_config: { order: start-first } }\n`),
    )
    expect(code).toContain("order: 'stop-first'")
    expect(verdict('services.a.deploy.update_config.order')).toBe('changed')
  })

  test('is not what has memory of its own', () => {
    const { code } = run(service('    tmpfs: [/x]\n    deploy: { update_config: { order: start-first } }\n'))
    expect(code).toContain("order: 'start-first'")
  })
})

test('a command with a NUL in it is refused as a whole', () => {
  const { code, verdict } = run(service('    command: ["a", "b\\0"]\n'))
  expect(verdict('services.a.command')).toBe('refused')
  expect(code).not.toContain('args')
})

test.each([
  ['security_opt: ["no-new-privileges:true"]', 'services.a.security_opt', 'refused'],
  ['security_opt: ["seccomp:unconfined"]', 'services.a.security_opt', 'changed'],
  ['devices: ["/dev/a:/dev/b"]', 'services.a.devices', 'refused'],
  ['devices: ["/dev/a:/dev/a:r"]', 'services.a.devices', 'changed'],
])('beside privileged, %s is said to be %s %s', (rest, key, expected) => {
  expect(run(service(`    privileged: true\n    ${rest}\n`)).verdict(key)).toBe(expected)
})

test.each(['https://x.example/c.yaml', 'oci://r/x', 'git@github.com:a/b', 'https://github.com/a/b.git#main'])(
  'the remote include %s is not fetched, and said to be one',
  (address) => {
    const { why } = run(`include: ['${address}']\n${service('')}`)
    expect(why('include')).toContain('remote includes are not fetched')
  },
)

describe('networks', () => {
  const on = (a: string, b: string) =>
    run(`services:\n  a: { image: 'x:1'${a} }\n  b: { image: 'x:1'${b} }\nnetworks: { one: {}, two: {} }`)

  test.each([
    ['one and another', ', networks: [one]', ', networks: [two]', 'refused'],
    ['one and none', ', networks: { one: {} }', '', 'refused'],
    ['the same', ', networks: [one]', ', networks: [one, two]', 'changed'],
    ['the usual one, by name and without', ', networks: [default]', '', 'changed'],
  ])('%s', (_, a, b, expected) => {
    const { verdict, why } = on(a, b)
    expect(verdict('services.a.networks')).toBe(expected)
    if (expected === 'refused') expect(why('services.a.networks')).toContain("shares none with 'b'")
  })
})

test('of many refusals before one service, the stack file says how many', () => {
  const keys = Array.from({ length: 11 }, (_, at) => `    wrong${at}: 1\n`).join('')
  const { code } = run(service(keys))
  expect(code).toContain('// Not imported: 11 things; the report of gantry import compose says which.')
  expect(code).not.toContain('wrong3')
})

test('a variable alone in a command is its input, not a text around it', () => {
  expect(run(service('    command: ["$FLAG"]\n')).code).toContain('args: [flag]')
})

describe('the number of services', () => {
  const many = (count: number) =>
    `services:\n${Array.from({ length: count }, (_, at) => `  s${at}: { image: 'x:1', tty: true, depends_on: [s${Math.max(0, at - 1)}], networks: [n${at % 500}] }\n`).join('')}`.replace(
      'depends_on: [s0], networks: [n0] }',
      'networks: [n0] }',
    )

  test('is 5000 at most, which are read in seconds', () => {
    const begin = performance.now()
    expect(run(many(5000)).code).toContain("service('s4999'")
    expect(performance.now() - begin).toBeLessThan(15_000)
  }, 60_000)

  test('is named where there are more', () => {
    const result = importCompose({ text: many(5001), file: 'c', folder: '/a', files: noFiles })
    expect(result.ok ? '' : result.problem.what).toBe('the file has more than 5000 services')
  }, 60_000)
})
