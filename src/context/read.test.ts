import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { contextDigest, contextLimits, openContextFile, readBuildContext } from './index.ts'
import type { BuildContext } from './index.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-context-'))
  made.push(folder)
  for (const [path, text] of Object.entries({ Dockerfile: 'FROM scratch\n', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function pathsOf(context: BuildContext): string[] {
  return context.entries.map((entry) =>
    entry.kind === 'file' && entry.hidden ? `(${entry.path})` : entry.path,
  )
}

function digest(folder: string, args: Record<string, string> = {}): string {
  const { entries, dockerfile } = readBuildContext(folder, 'Dockerfile')
  return contextDigest(entries, dockerfile, args)
}

test('lists files sorted, applies .dockerignore, and keeps links as links', () => {
  const folder = folderWith({
    '.dockerignore': 'node_modules\n!node_modules/keep\n*.log\n',
    'b/z.txt': 'z',
    'a.txt': 'a',
    'x.log': 'x',
    'node_modules/big/index.js': '1',
    'node_modules/keep/index.js': '2',
  })
  symlinkSync('/etc/passwd', join(folder, 'outside'))
  symlinkSync('b', join(folder, 'loop'))
  const context = readBuildContext(folder, './Dockerfile')
  expect(context.dockerfile).toBe('Dockerfile')
  expect(pathsOf(context)).toEqual([
    '.dockerignore',
    'Dockerfile',
    'a.txt',
    'b/z.txt',
    'loop',
    'node_modules/keep/index.js',
    'outside',
  ])
  expect(context.entries.at(-1)).toEqual({ kind: 'link', path: 'outside', target: '/etc/passwd' })
})

test('a Dockerfile that is ignored is still given to the engine, but hidden', () => {
  const folder = folderWith({ '.dockerignore': 'Dockerfile\n.dockerignore', a: '' })
  expect(pathsOf(readBuildContext(folder, 'Dockerfile'))).toEqual(['(Dockerfile)', 'a'])
})

test('an ignore file of the Dockerfile goes before the general one', () => {
  const folder = folderWith({ '.dockerignore': 'a', 'Dockerfile.dockerignore': 'b', a: '', b: '' })
  expect(pathsOf(readBuildContext(folder, 'Dockerfile'))).toEqual([
    'Dockerfile',
    'Dockerfile.dockerignore',
    'a',
  ])
})

test('the digest is of names, contents, executable bits and arguments, and of nothing else', () => {
  const folder = folderWith({ 'a/run.sh': '#!' })
  const first = digest(folder)
  chmodSync(join(folder, 'a/run.sh'), 0o600)
  chmodSync(join(folder, 'a'), 0o700)
  utimesSync(join(folder, 'a/run.sh'), 1, 1)
  mkdirSync(join(folder, 'empty'))
  expect(digest(folder)).toBe(first)
  const others = [digest(folder, { VERSION: '1' })]
  chmodSync(join(folder, 'a/run.sh'), 0o755)
  others.push(digest(folder))
  writeFileSync(join(folder, 'a/run.sh'), '#?')
  others.push(digest(folder))
  symlinkSync('run.sh', join(folder, 'a/link'))
  others.push(digest(folder))
  expect(new Set([first, ...others]).size).toBe(5)
})

test('the digest does not change from one version of gantry to the next', () => {
  // What is built under this digest is not built again; when this must change, raise `digestFormat`.
  expect(digest(folderWith({ 'a.txt': 'a' }), { B: '2', A: '1' })).toMatchInlineSnapshot(
    `"c1e3e9da3dde71300869eb4a80ed2b24db2f0322249077aa82b8ce1189ac4a97"`,
  )
})

test('refuses what cannot be part of an image, with the way out', async () => {
  const missing = folderWith({})
  rmSync(join(missing, 'Dockerfile'))
  expect(() => readBuildContext(missing, 'Dockerfile')).toThrow(
    /there is no Dockerfile Dockerfile in .*create it/,
  )
  expect(() => readBuildContext(join(missing, 'nowhere'), 'Dockerfile')).toThrow(/it does not exist/)
  expect(() => readBuildContext(missing, '../Dockerfile')).toThrow(/is not inside/)

  const linked = folderWith({})
  rmSync(join(linked, 'Dockerfile'))
  symlinkSync('/etc/passwd', join(linked, 'Dockerfile'))
  expect(() => readBuildContext(linked, 'Dockerfile')).toThrow(
    /not a plain file; symbolic links are not followed/,
  )

  const through = folderWith({})
  symlinkSync('/etc', join(through, 'etc'))
  expect(() => readBuildContext(through, 'etc/passwd')).toThrow(/not a plain file/)

  const piped = folderWith({})
  execFileSync('mkfifo', [join(piped, 'pipe')])
  expect(() => readBuildContext(piped, 'Dockerfile')).toThrow(/pipe is a named pipe/)

  const listening = folderWith({})
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(listening, 'sock'), resolve))
  try {
    expect(() => readBuildContext(listening, 'Dockerfile')).toThrow(/sock is a socket.*\.dockerignore/)
    writeFileSync(join(listening, '.dockerignore'), 'sock')
    expect(pathsOf(readBuildContext(listening, 'Dockerfile'))).toEqual(['.dockerignore', 'Dockerfile'])
  } finally {
    server.close()
  }

  const privileged = folderWith({ tool: '' })
  chmodSync(join(privileged, 'tool'), 0o4755)
  expect(() => readBuildContext(privileged, 'Dockerfile')).toThrow(/tool has a set-user-id/)

  const strange = folderWith({})
  writeFileSync(Buffer.concat([Buffer.from(strange), Buffer.from([0x2f, 0xff])]), '')
  expect(() => readBuildContext(strange, 'Dockerfile')).toThrow(/not UTF-8/)

  expect(() => readBuildContext(folderWith({ '.dockerignore': 'a\n[' }), 'Dockerfile')).toThrow(
    /\.dockerignore:2 cannot be understood/,
  )
})

test('stops at its limits and names the folder that is to blame', () => {
  const files = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`node_modules/${index}.js`, 'xxxxxxxxxx']),
  )
  const folder = folderWith(files)
  expect(() => readBuildContext(folder, 'Dockerfile', { ...contextLimits, entries: 20 })).toThrow(
    /too large to build from: it has more than 20 files \(node_modules\/ alone has 20 or more\); leave out/,
  )
  expect(() => readBuildContext(folder, 'Dockerfile', { ...contextLimits, bytes: 100 })).toThrow(
    /larger than 100B together/,
  )
  expect(() => readBuildContext(folder, 'Dockerfile', { ...contextLimits, names: 10 })).toThrow(
    /more than 10 names/,
  )
  writeFileSync(join(folder, '.dockerignore'), 'node_modules')
  expect(
    pathsOf(readBuildContext(folder, 'Dockerfile', { ...contextLimits, entries: 5, names: 5 })),
  ).toHaveLength(2)
})

test('gives the contents again, and throws when they are others by then', async () => {
  const folder = folderWith({ 'a.txt': 'hello'.repeat(50_000) })
  const context = readBuildContext(folder, 'Dockerfile')
  const read = async () => {
    const entry = context.entries.find((each) => each.path === 'a.txt')
    if (entry?.kind !== 'file') throw new Error('no a.txt')
    let size = 0
    for await (const part of openContextFile(context, entry)) size += part.length
    return size
  }
  expect(await read()).toBe(250_000)
  writeFileSync(join(folder, 'a.txt'), 'HELLO'.repeat(50_000))
  await expect(read()).rejects.toThrow(/a.txt changed while the image was being built/)
  writeFileSync(join(folder, 'a.txt'), 'x'.repeat(300_000))
  await expect(read()).rejects.toThrow(/changed/)
  rmSync(join(folder, 'a.txt'))
  symlinkSync('/etc/passwd', join(folder, 'a.txt'))
  await expect(read()).rejects.toThrow(/changed/)
})
