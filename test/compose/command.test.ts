// `gantry import compose` as a process: exit codes, what goes where, and what it never overwrites.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const fine = 'services:\n  web:\n    image: nginx:1.27\n'
const lossy = 'services:\n  web:\n    image: nginx:1.27\n    tty: true\n    dns: 8.8.8.8\n'

describe('gantry import compose', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-import-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const gantry = (...args: string[]) => gantryWith('', ...args)
  const gantryWith = (input: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'import', 'compose', ...args], {
      cwd: folder,
      encoding: 'utf8',
      input,
      timeout: 20_000,
    })
    return { status, stdout, stderr }
  }
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text)

  test('writes the stack to stdout, the report to stderr, and ends with 0', () => {
    file('compose.yaml', fine)
    const { status, stdout, stderr } = gantry('compose.yaml', '--name', 'shop')
    expect(status).toBe(0)
    expect(stdout).toContain(
      "export default stack('shop', {}, () => {\n  service('web', {\n    image: 'nginx:1.27',",
    )
    expect(stderr).toMatch(/3 keys: 2 mapped, 1 changed, 0 refused/)
  }, 60_000)

  test('ends with 1 when something was refused, and with 0 when that was allowed', () => {
    file('compose.yaml', lossy)
    expect(gantry('compose.yaml').status).toBe(1)
    expect(gantry('compose.yaml', '--allow-loss').status).toBe(0)
    expect(gantry('compose.yaml', '--allow', 'services.web.tty').status).toBe(1)
    expect(gantry('compose.yaml', '--allow', 'services.*.tty', '--allow', 'services.web.dns').status).toBe(0)
    const { status, stderr } = gantry('compose.yaml', '--allow', 'services.web.ttx')
    expect(status).toBe(64)
    expect(stderr).toContain('did you mean --allow services.web.tty?')
  }, 60_000)

  test('overwrites nothing without --force', () => {
    file('compose.yaml', fine)
    file('stack.ts', 'mine')
    const { status, stderr } = gantry('compose.yaml', '-o', 'stack.ts')
    expect(status).toBe(1)
    expect(stderr).toContain('it is there already')
    expect(readFileSync(join(folder, 'stack.ts'), 'utf8')).toBe('mine')
    expect(gantry('compose.yaml', '-o', 'stack.ts', '--force').status).toBe(0)
    expect(readFileSync(join(folder, 'stack.ts'), 'utf8')).toContain('export default stack')
  }, 60_000)

  test('gives one JSON document, and the whole report to a file', () => {
    file('compose.yaml', lossy)
    const { status, stdout } = gantry('compose.yaml', '--json', '--report', 'loss.json')
    expect(status).toBe(1)
    const given = JSON.parse(stdout) as { format_version: number; report: { counts: unknown } }
    expect(given).toMatchObject({
      format_version: 1,
      report: { counts: { mapped: 2, changed: 1, refused: 2 } },
    })
    expect(JSON.parse(readFileSync(join(folder, 'loss.json'), 'utf8'))).toMatchObject({ ...given.report })
  }, 60_000)

  test('reads nothing outside of the folder, behind a link neither', () => {
    const outside = mkdtempSync(join(tmpdir(), 'gantry-outside-'))
    writeFileSync(join(outside, 'secret.env'), 'LEAK=leaked\n')
    symlinkSync(join(outside, 'secret.env'), join(folder, 'link.env'))
    file('compose.yaml', `${fine}    env_file: [link.env, ../x.env, /etc/hosts]\n`)
    const { status, stdout, stderr } = gantry('compose.yaml')
    rmSync(outside, { recursive: true })
    expect(status).toBe(1)
    expect(stdout).not.toContain('leaked')
    expect(stderr).toContain('link.env gives no variables: it is outside of the folder')
  }, 60_000)

  test('says where a file cannot be read', () => {
    file('compose.yaml', 'services:\n  a: {}\n  a: {}\n')
    const { status, stderr } = gantry('compose.yaml')
    expect(status).toBe(1)
    expect(stderr).toContain('compose.yaml:3:3 cannot be imported: this key stands twice in one mapping')
    expect(gantry('nowhere.yaml').stderr).toContain('cannot read nowhere.yaml')
  }, 60_000)

  test('reads plain files, folders of them and stdin, and waits for nothing else', () => {
    file('docker-compose.yml', fine)
    file('compose.override.yaml', fine)
    spawnSync('mkfifo', [join(folder, 'pipe.env')])
    const { stdout: code, stderr } = gantry('.')
    expect(code).toContain("service('web'")
    expect(stderr).toContain('compose.override.yaml is not taken in')
    expect(gantry('/dev/zero').stderr).toContain('it is no plain file, but a device')
    expect(gantry('pipe.env').stderr).toContain('it is no plain file')
    const { status, stdout } = gantryWith(`${fine}    env_file: [pipe.env, /dev/zero]\n`, '-', '--allow-loss')
    expect(stdout).toContain('it is no plain file, but a device, a pipe or a socket')
    expect(stdout).toContain('/dev/zero gives no variables: it is outside of the folder')
    expect(status).toBe(0)
  }, 60_000)

  test('says where a file cannot be written without words of the system', () => {
    file('compose.yaml', fine)
    const { status, stderr } = gantry('compose.yaml', '-o', 'no/where.ts')
    expect(status).toBe(1)
    expect(stderr).toContain('its folder is not there')
    expect(stderr).not.toContain('ENOENT')
  }, 60_000)

  test('checks what it wrote, with the files that it names, and ends with 1 when that does not compile', () => {
    file('page.conf', 'listen 80;')
    file('compose.yaml', `${fine}    volumes: ['./page.conf:/etc/page.conf']\n`)
    expect(gantry('compose.yaml').status).toBe(0)
    file('compose.yaml', 'services:\n  web:\n    build: ./nowhere\n')
    const { status, stderr } = gantry('compose.yaml')
    expect(status).toBe(1)
    expect(stderr).toContain('nowhere/Dockerfile: the file is not there; the stack compiles when it is there')
    expect(stderr).toContain('what was written does not compile')
  }, 60_000)
})
