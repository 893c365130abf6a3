// The shape of the tree, as a test: which folder may import which, through which door, and what a source file looks
// like. The table below is the rule; ARCHITECTURE.md says why. Whoever breaks it is told which arrow, and where.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** What each folder may import besides itself. Everything else is an arrow that points back or sideways. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  model: [],
  grammar: ['model'],
  context: ['model'],
  dsl: ['model', 'grammar'],
  compiler: ['model', 'grammar', 'dsl', 'context'],
  // Text to text: it writes programs in the words of the DSL and imports none of them.
  compose: ['model'],
  editor: ['model', 'grammar', 'compiler'],
  control: ['model'],
  plan: ['model', 'control'],
  server: ['model', 'control'],
  agent: ['model'],
  // Each adapter implements ports that server, agent or model declare.
  adapters: ['model', 'context', 'server', 'agent'],
  sim: ['model', 'server', 'agent'],
  cli: [
    'model',
    'grammar',
    'context',
    'dsl',
    'compiler',
    'compose',
    'control',
    'plan',
    'server',
    'agent',
    'adapters',
    'sim',
  ],
}

/** Adapters know nothing of each other, but that they all run on a disk and a host; earlier ones know no later ones. */
const sharedAdapters = ['adapters/files', 'adapters/host']

/** Folders that decide: no file, no socket, no process. What they need of the outside comes through a port. */
const pureFolders = ['model', 'grammar', 'dsl', 'compose', 'control', 'plan', 'server', 'agent']
const effects =
  /^(?:node:)?(?:fs|fs\/promises|net|tls|dgram|dns|dns\/promises|http|https|http2|child_process|cluster|worker_threads|readline|timers|timers\/promises)$/

const lineLimit = 400
/** Files that may be longer, and why. */
const longFiles: Readonly<Record<string, string>> = {
  'src/dsl/index.ts':
    'all types of the language in one file: an editor jumps to one place, and TypeScript reads one file (below 2,000 lines)',
}
const longestLines = 2_000

interface Import {
  readonly from: string
  readonly line: number
  /** As it is written. */
  readonly what: string
  /** The file it means, from the root; null for packages and built-in modules. */
  readonly file: string | null
}

/** Tests, and what only tests import, may look into other folders. */
const isTest = (file: string) => /(?:\.test|(?:^|\/)testing)\.ts$/.test(file)

const files = globSync(['src/**/*.ts', 'grammar/**/*.ts'], { cwd: root })
  .filter((file) => !/\.d\.ts$|(?:^|\/)(?:fixtures|generated)\//.test(file))
  .sort()

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => ({
    from: file,
    line: text.slice(0, pos).split('\n').length,
    what: fileName,
    file: fileName.startsWith('.')
      ? relative(root, resolve(root, dirname(file), fileName)).replaceAll('\\', '/')
      : null,
  }))
}

const imports = files.flatMap(importsOf)

/** `control` of `src/control/round.ts`; the part that the table speaks of. */
function folderOf(file: string): string {
  const parts = file.split('/')
  return (parts[0] === 'src' ? parts[1] : parts[0]) ?? ''
}

/** A folder with a door of its own: each adapter is one. */
function unitOf(file: string): string {
  const folder = folderOf(file)
  return folder === 'adapters' ? `adapters/${file.split('/')[2] ?? ''}` : folder
}

const doorOf = (unit: string) => (unit === 'grammar' ? 'grammar/index.ts' : `src/${unit}/index.ts`)

/** What starts at once enters the model without its schemas. */
const isSideDoor = (file: string, from: string) =>
  file === 'src/model/values.ts' && folderOf(from) === 'compiler'

/** Imports that leave their unit, tests left out. */
const arrows = imports.flatMap((each) =>
  each.file !== null && !isTest(each.from) && unitOf(each.file) !== unitOf(each.from)
    ? [{ ...each, file: each.file }]
    : [],
)

const at = ({ from, line }: Import) => `${from}:${line}`

/** Why this arrow may not be; null when it may. */
function wrongOf(arrow: Import & { readonly file: string }): string | null {
  const from = folderOf(arrow.from)
  const to = folderOf(arrow.file)
  const may = allowed[from]
  if (!may) return `${at(arrow)} is in a folder that the table does not know: ${from}`
  if (from === 'adapters' && to === 'adapters') {
    const rank = sharedAdapters.indexOf(unitOf(arrow.from))
    const known = rank < 0 ? sharedAdapters : sharedAdapters.slice(0, rank)
    return known.includes(unitOf(arrow.file))
      ? null
      : `${at(arrow)}: ${unitOf(arrow.from)} imports ${unitOf(arrow.file)}; of other adapters it may import ${known.join(', ') || 'none'}`
  }
  if (from !== to && !may.includes(to))
    return `${at(arrow)}: ${from} imports ${to} (${arrow.what}); ${from} may import ${may.join(', ') || 'nothing of ours'}`
  return null
}

describe('the import rule', () => {
  test('its table has no circle', () => {
    const settled = new Set<string>()
    for (let isBusy = true; isBusy;) {
      isBusy = false
      for (const [folder, on] of Object.entries(allowed))
        if (!settled.has(folder) && on.every((each) => settled.has(each))) {
          settled.add(folder)
          isBusy = true
        }
    }
    expect([...settled].sort()).toEqual(Object.keys(allowed).sort())
  })

  test('every folder stands in its table', () => {
    const unknown = [...new Set(files.map(folderOf))].filter((folder) => !(folder in allowed))
    expect(unknown).toEqual([])
  })

  test('no arrow points back', () => {
    expect(arrows.flatMap((arrow) => wrongOf(arrow) ?? [])).toEqual([])
  })

  test('other folders are entered by their door only', () => {
    const deep = arrows
      .filter(({ file, from }) => file !== doorOf(unitOf(file)) && !isSideDoor(file, from))
      .map((arrow) => `${at(arrow)}: ${arrow.what} goes past ${doorOf(unitOf(arrow.file))}`)
    expect(deep).toEqual([])
  })

  test.each(['src/compiler/typescript/worker.ts', 'src/compiler/sandbox/worker.ts'])(
    '%s, which must start at once, loads no schemas',
    (entry) => {
      const loaded = new Set<string>()
      const visit = (file: string): void => {
        if (loaded.has(file)) return
        loaded.add(file)
        const text = readFileSync(join(root, file), 'utf8')
        for (const [, from = ''] of text.matchAll(
          /^(?:import|export) (?!type\b)(?:[^'=(]*? from )?'([^']+)'/gms,
        ))
          if (from.startsWith('.')) visit(relative(root, resolve(root, dirname(file), from)))
          else loaded.add(from)
      }
      visit(entry)
      expect([...loaded].filter((each) => each === 'zod' || each === 'src/model/index.ts')).toEqual([])
    },
  )

  test('every import means a file that is there', () => {
    const missing = imports
      .filter(({ file }) => file !== null && !existsSync(join(root, file)))
      .map((each) => `${at(each)}: ${each.what}`)
    expect(missing).toEqual([])
  })

  test('what is for tests is imported by tests only', () => {
    const wrong = imports
      .filter(({ from, file }) => file !== null && isTest(file) && !isTest(from))
      .map((each) => `${at(each)}: ${each.what} is for tests`)
    expect(wrong).toEqual([])
  })

  test('what decides reaches nothing outside by itself', () => {
    const wrong = imports
      .filter(({ from, what }) => !isTest(from) && pureFolders.includes(folderOf(from)) && effects.test(what))
      .map((each) => `${at(each)}: ${each.what}; ${folderOf(each.from)} reaches the outside through ports`)
    expect(wrong).toEqual([])
  })

  test('the test itself sees arrows', () => {
    // A rule that matches nothing proves nothing.
    expect(arrows.length).toBeGreaterThan(50)
    expect(arrows.some(({ from, file }) => folderOf(from) === 'server' && folderOf(file) === 'control')).toBe(
      true,
    )
    const back = {
      from: 'src/model/x.ts',
      line: 1,
      what: '../control/index.ts',
      file: 'src/control/index.ts',
    }
    expect(wrongOf(back)).toBe(
      'src/model/x.ts:1: model imports control (../control/index.ts); model may import nothing of ours',
    )
    const planning = {
      from: 'src/plan/x.ts',
      line: 2,
      what: '../adapters/docker/index.ts',
      file: 'src/adapters/docker/index.ts',
    }
    expect(wrongOf(planning)).toMatch(/plan imports adapters/)
  })
})

describe('a source file', () => {
  const sources = files.filter((file) => !/\.test\.ts$/.test(file))

  test('begins by saying what it is responsible for', () => {
    const silent = sources
      .filter((file) => !file.endsWith('/index.ts'))
      .filter((file) => !/^(?:#!.*\n)?(?:\/\/ |\/\*\*? ?)\S/.test(readFileSync(join(root, file), 'utf8')))
    expect(silent).toEqual([])
  })

  test(`has at most ${lineLimit} lines`, () => {
    const long = sources
      .filter((file) => !(file in longFiles))
      .map((file) => ({
        file,
        lines: readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length,
      }))
      .filter(({ lines }) => lines > lineLimit)
      .map(({ file, lines }) => `${file} has ${lines} lines: split it by notion`)
    expect(long).toEqual([])
  })

  test('that may be longer is there, and still is', () => {
    for (const file of Object.keys(longFiles)) {
      expect(files).toContain(file)
      const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length
      expect(lines).toBeGreaterThan(lineLimit)
      expect(lines).toBeLessThanOrEqual(longestLines)
    }
  })
})
