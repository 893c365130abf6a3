import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { spanAt } from '../model/index.ts'
import { componentOf, placeOfFile, ProgramFiles } from './files.ts'
import { check, compile } from './index.ts'
import { entryOf, packageFile, splitSpecifier } from './packages.ts'
import { typescriptChecker } from './typescript/checker.ts'

describe('the entry of a package', () => {
  test.each([
    { manifest: { exports: './src/index.ts' }, part: '.', entry: ['src/index.ts'] },
    { manifest: { exports: { '.': './a.ts', './b': './b.mts' } }, part: './b', entry: ['b.mts'] },
    { manifest: { exports: { types: './a.ts', default: './dist/a.js' } }, part: '.', entry: ['a.ts'] },
    {
      manifest: { exports: { import: './a.js', types: './a.d.ts', gantry: './src/a.ts' } },
      part: '.',
      entry: ['src/a.ts'],
    },
    { manifest: { exports: { node: './node.ts', default: './a.ts' } }, part: '.', entry: ['a.ts'] },
    {
      manifest: { exports: { './*': './src/*.ts', './in/*': './inner/*.ts' } },
      part: './in/a/b',
      entry: ['inner/a/b.ts'],
    },
    {
      manifest: { exports: { './*.json': './data/*.json' } },
      part: './limits.json',
      entry: ['data/limits.json'],
    },
    { manifest: { types: './index.ts', main: './index.js' }, part: '.', entry: ['index.ts'] },
    { manifest: { main: 'lib/index.ts' }, part: '.', entry: ['lib/index.ts'] },
    { manifest: {}, part: '.', entry: ['index.ts', 'index.mts'] },
    { manifest: {}, part: './lib/a', entry: ['lib/a.ts', 'lib/a.mts', 'lib/a/index.ts'] },
  ])('$manifest $part', ({ manifest, part, entry }) => {
    expect(entryOf(JSON.stringify(manifest), part)).toEqual({ ok: true, candidates: entry })
  })

  test.each([
    { manifest: '{', part: '.', kind: 'manifest' },
    { manifest: '[]', part: '.', kind: 'manifest' },
    { manifest: '{ "main": "./index.js" }', part: '.', kind: 'not source' },
    { manifest: '{ "types": "./index.d.ts" }', part: '.', kind: 'not source' },
    { manifest: '{ "exports": { ".": "./index.cjs" } }', part: '.', kind: 'not source' },
    { manifest: '{ "exports": { ".": "./a.ts" } }', part: './b', kind: 'no export' },
    { manifest: '{ "exports": { ".": null } }', part: '.', kind: 'no export' },
    { manifest: '{ "exports": "./../outside.ts" }', part: '.', kind: 'not source' },
    { manifest: '{ "exports": "/etc/passwd.ts" }', part: '.', kind: 'no export' },
    { manifest: '{ "exports": { "./*": "./*.ts" } }', part: './../../x', kind: 'not source' },
    { manifest: '{ "exports": "./node_modules/b/index.ts" }', part: '.', kind: 'not source' },
  ])('$manifest $part is refused: $kind', ({ manifest, part, kind }) => {
    expect(entryOf(manifest, part)).toMatchObject({ ok: false, problem: { kind } })
  })

  test('names are told apart from the parts behind them', () => {
    expect(splitSpecifier('@acme/parts/web/a')).toEqual({ name: '@acme/parts', part: './web/a' })
    expect(splitSpecifier('parts')).toEqual({ name: 'parts', part: '.' })
    expect(packageFile('node_modules/@acme/a/node_modules/b/src/c.ts')).toEqual({
      packages: ['@acme/a', 'b'],
      inner: 'src/c.ts',
    })
    expect(componentOf('node_modules/@acme/a/node_modules/b/c.ts')).toBe('b')
    expect(componentOf('gantry:std/web.ts')).toBe('gantry/std/web')
    expect(componentOf('parts/web.ts')).toBe(null)
  })
})

const part = (image: string): string => `import { service } from 'gantry'
export const web = (name: string) => service(name, { image: '${image}' })\n`

const program = `import { web } from '@acme/parts'
import { stack } from 'gantry'
export default stack('shop', {}, () => { web('front') })\n`

describe('a program with packages', () => {
  let project = ''
  let folder = ''
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), text)
  }
  const manifest = (main = './index.ts'): string =>
    JSON.stringify({ name: 'any', version: '1.0.0', exports: main })
  const refused = async (): Promise<string[]> => {
    const result = await check({ file: join(folder, 'shop.stack.ts'), cacheFolder: null })
    return result.ok ? [] : result.diagnostics.map((each) => `${each.code} ${each.summary}`)
  }
  const imageOf = async (cacheFolder: string | null = null): Promise<unknown> => {
    const result = await compile({ file: join(folder, 'shop.stack.ts'), inputs: {}, cacheFolder })
    if (!result.ok) throw new Error(result.diagnostics.map((each) => each.summary).join('\n'))
    return result.compiled.document.services['front']?.template.image
  }

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'gantry-packages-'))
  })
  beforeEach(() => {
    rmSync(project, { recursive: true })
    folder = join(project, 'deploy')
    write('deploy/shop.stack.ts', program)
    write('package.json', '{}')
  })
  afterAll(() => rmSync(project, { recursive: true }))

  test('finds one in a folder around it, by a name that does not depend on where', async () => {
    write('node_modules/@acme/parts/package.json', manifest())
    write('node_modules/@acme/parts/index.ts', part('a:1'))
    const result = await compile({ file: join(folder, 'shop.stack.ts'), inputs: {}, cacheFolder: null })
    if (!result.ok) throw new Error(result.diagnostics[0]?.summary)
    const { sources } = result.compiled
    expect(Object.keys(sources.files)).toEqual([
      'node_modules/@acme/parts/index.ts',
      'node_modules/@acme/parts/package.json',
      'shop.stack.ts',
    ])
    expect(placeOfFile(folder, 'node_modules/@acme/parts/index.ts')).toBe(
      join(realpathSync(project), 'node_modules/@acme/parts/index.ts'),
    )
    // Declared where the stack calls it, also the image, which is written in the package.
    expect(spanAt(sources, 'services/front/template/image')).toMatchObject({ file: 'shop.stack.ts', line: 3 })
  })

  test('takes the nearest, and sees that it has come or changed', async () => {
    const cache = join(project, 'cache')
    write('node_modules/@acme/parts/package.json', manifest())
    write('node_modules/@acme/parts/index.ts', part('far:1'))
    expect(await imageOf(cache)).toEqual({ ref: 'far:1' })
    write('node_modules/@acme/parts/index.ts', part('far:2'))
    expect(await imageOf(cache)).toEqual({ ref: 'far:2' })
    write('deploy/node_modules/@acme/parts/package.json', manifest('./other.ts'))
    write('deploy/node_modules/@acme/parts/other.ts', part('near:1'))
    expect(await imageOf(cache)).toEqual({ ref: 'near:1' })
    expect(await imageOf(cache)).toEqual({ ref: 'near:1' })
  })

  test('follows what a package imports: its own, the one beside it, and the components', async () => {
    write('node_modules/@acme/parts/package.json', manifest())
    write(
      'node_modules/@acme/parts/index.ts',
      `import { image } from 'images'\nimport { tag } from './tag.js'\n${part('${image}:${tag}').replaceAll("'$", '`$').replaceAll("}' })", '}` })')}`,
    )
    write('node_modules/@acme/parts/tag.ts', "export const tag = '7'\n")
    write('node_modules/images/package.json', manifest())
    write('node_modules/images/index.ts', "export const image = 'hoisted'\n")
    expect(await imageOf()).toEqual({ ref: 'hoisted:7' })
    write('node_modules/@acme/parts/node_modules/images/package.json', manifest())
    write('node_modules/@acme/parts/node_modules/images/index.ts', "export const image = 'nested'\n")
    expect(await imageOf()).toEqual({ ref: 'nested:7' })
  })

  test('takes a workspace of the project, and no link that leads out of it', async () => {
    write('packages/parts/package.json', manifest())
    write('packages/parts/index.ts', part('workspace:1'))
    mkdirSync(join(project, 'node_modules/@acme'), { recursive: true })
    symlinkSync(join(project, 'packages/parts'), join(project, 'node_modules/@acme/parts'))
    expect(await imageOf()).toEqual({ ref: 'workspace:1' })
    const outside = mkdtempSync(join(tmpdir(), 'gantry-outside-'))
    try {
      writeFileSync(join(outside, 'package.json'), manifest())
      writeFileSync(join(outside, 'index.ts'), part('outside:1'))
      rmSync(join(project, 'node_modules/@acme/parts'))
      symlinkSync(outside, join(project, 'node_modules/@acme/parts'))
      expect(await refused()).toEqual(["GT0005 the package '@acme/parts' is a link out of the project"])
      // And none inside of a package.
      rmSync(join(project, 'node_modules/@acme/parts'))
      write('node_modules/@acme/parts/package.json', manifest())
      symlinkSync(join(outside, 'index.ts'), join(project, 'node_modules/@acme/parts/index.ts'))
      expect(await refused()).toEqual(["GT0002 '@acme/parts' leads out of the stack's folder"])
    } finally {
      rmSync(outside, { recursive: true })
    }
  })

  test('does not reach out of a package by a relative path', async () => {
    write('node_modules/@acme/parts/package.json', manifest())
    write('node_modules/@acme/parts/index.ts', `export { web } from '../other/index.ts'\n`)
    write('node_modules/@acme/other/index.ts', part('a:1'))
    expect(await refused()).toEqual([
      "GT0002 '@acme/parts' cannot be used by a stack: '../other/index.ts' leads out of the stack's folder",
    ])
  })

  test("components of gantry's own are modules, and a missing one is named", () => {
    write('std/web.ts', part('std:1'))
    write('deploy/shop.stack.ts', program.replace('@acme/parts', 'gantry/std/web'))
    const opened = typescriptChecker.open(new ProgramFiles(folder, join(project, 'std')), 'shop.stack.ts')
    expect(opened.diagnose()).toEqual([])
    expect(opened.modules.map(({ path }) => path).sort()).toEqual(['gantry:std/web.ts', 'shop.stack.ts'])
    write('deploy/shop.stack.ts', program.replace('@acme/parts', 'gantry/std/wep'))
    const wrong = typescriptChecker.open(new ProgramFiles(folder, join(project, 'std')), 'shop.stack.ts')
    expect(wrong.diagnose().map((each) => [each.diagnostic.summary, each.diagnostic.label])).toEqual([
      ["gantry has no component 'wep'", "did you mean 'gantry/std/web'?"],
    ])
  })
})
