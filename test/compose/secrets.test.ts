// What looks like a secret in a Compose file: it stays one, or the report refuses the use that makes it a plain input. No
// value of it, from `.env` or a default, is in the stack file or the report.

import { describe, expect, test } from 'vitest'
import { importCompose } from '../../src/compose/index.ts'
import type { ReportEntry } from '../../src/compose/index.ts'
import { noFiles } from './corpus.ts'

function run(text: string, env = ''): { readonly code: string; readonly report: readonly ReportEntry[] } {
  const result = importCompose({
    text,
    file: 'compose.yaml',
    folder: '/srv/shop',
    files: { read: (path) => (path === '.env' ? { ok: true, text: env } : noFiles.read(path)) },
  })
  if (!result.ok) throw new Error(result.problem.what)
  return result
}

const service = (rest: string): string => `services:\n  a:\n    image: nginx:1\n${rest}`
const verdictOf = (report: readonly ReportEntry[], key: string) =>
  report.find((each) => each.key === key)?.verdict

describe('a variable that looks secret', () => {
  test.each([
    ['has to be there', '${DB_PASSWORD:?need}', 'PASS: dbPassword.env'],
    ['has a default', '${DB_PASSWORD:-hunter1}', 'PASS: dbPassword.env'],
    ['is a part of an address', 'pg://u:${DB_PASSWORD}@h/x', 'PASS: text`pg://u:${dbPassword}@h/x`'],
    ['is in the default of another', '${ADDRESS:-pg://u:${DB_PASSWORD}@h}', 'PASS: address.env'],
  ])('is a secret input where it %s', (_, value, written) => {
    const { code, report } = run(service(`    environment: { PASS: '${value}' }`), 'DB_PASSWORD=hunter1')
    expect(code).toContain(written)
    expect(code).toContain('input.secret(')
    expect(JSON.stringify({ code, report })).not.toMatch(/hunter1(?!})/)
    expect(verdictOf(report, 'services.a.environment.PASS')).toBe('changed')
  })

  test('stays one in the content of a config', () => {
    const { code } = run(
      `${service('    configs: [c]\n')}configs: { c: { content: 'pw=\${DB_PASSWORD}' }, d: { environment: API_TOKEN } }`,
    )
    expect(code).toContain('content: text`pw=${dbPassword}`')
    expect(code).toContain('content: text`${apiToken}`')
    expect(code).not.toContain('input.string')
  })

  test('is known by the variable that it is for, and by the password in its address', () => {
    const { code, report } = run(
      service(
        "    environment: { ADMIN_PASSWORD: '${ADMIN}', DATABASE: '${DB}', OTHER: '${O:-pg://u:hunter3@h}' }",
      ),
      'ADMIN=hunter2\nDB=postgres://u:hunter2@db/x\n',
    )
    expect(code.match(/input\.secret/g)).toHaveLength(3)
    expect(code + JSON.stringify(report)).not.toMatch(/hunter/)
  })

  test.each([
    ['a command', "    command: ['--pass', '${DB_PASSWORD}']", 'services.a.command'],
    ['a label', "    labels: { x: '${DB_PASSWORD}' }", 'services.a.labels.x'],
    ['whether it is set', "    environment: { X: '${DB_PASSWORD:+yes}' }", 'services.a.environment.X'],
  ])('is refused where it cannot be one: %s', (_, rest, key) => {
    const { code, report } = run(service(rest), 'DB_PASSWORD=hunter2')
    expect(verdictOf(report, key)).toBe('refused')
    expect(JSON.stringify(report)).toMatch(/DB_PASSWORD\} looks like a secret/)
    expect(code).not.toContain('hunter2')
  })

  test('never gives its value to what has to be written out', () => {
    const { code, report } = run(
      service("    volumes: ['/srv/${DB_PASSWORD}:/x']\n    ports: ['${TOKEN}:80']"),
      'DB_PASSWORD=hunter2\nTOKEN=80\n',
    )
    expect(code + JSON.stringify(report)).not.toContain('hunter2')
    expect(verdictOf(report, 'services.a.volumes')).toBe('refused')
    expect(verdictOf(report, 'services.a.ports')).toBe('refused')
  })
})

describe('a variable that must not be empty', () => {
  test('is an input that takes no empty text, and has no default', () => {
    const { code } = run(service("    environment: { HOST: '${NAME:?who}', B: '${B?x}', C: '${NAME:-z}' }"))
    expect(code).toContain("name: input.string({ minLength: 1, description: 'who', env: 'NAME' })")
    expect(code).toContain("b: input.string({ description: 'x', env: 'B' })")
  })

  test('takes its value from .env unless that is empty', () => {
    const text = service("    environment: { HOST: '${NAME:?who}' }")
    expect(run(text, 'NAME=me').code).toContain("default: 'me'")
    expect(run(text, 'NAME=').code).not.toContain('default:')
  })
})
