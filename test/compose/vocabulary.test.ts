// The table of keys against the specification's own list, and against what is really done: a key that is said to be mapped
// changes the stack file.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isMap, isSeq, parseDocument } from 'yaml'
import { importCompose } from '../../src/compose/index.ts'
import { findRule, patternBelow, specification, vocabulary } from '../../src/compose/vocabulary.ts'
import { filesOf, fixtures } from './corpus.ts'
import { officialKeys, officialVersion } from './official-keys.ts'

/** Whether the key has a rule of its own, or stands below one that answers for it. */
function hasRule(official: string): boolean {
  const parts = official.split('.')
  let parent = ''
  for (const part of parts) {
    if (part === '[]') {
      parent = `${parent}.[]`
      continue
    }
    const pattern = patternBelow(parent, part)
    const found = findRule(parent, pattern)
    if (found.kind === 'unknown') return false
    if (found.rule.isOpen) return true
    parent = pattern
  }
  return true
}

describe('the vocabulary', () => {
  test('was written by the version of the specification that the list is of', () => {
    expect(specification).toBe(officialVersion)
    expect(officialKeys.length).toBeGreaterThan(340)
  })

  test('has a rule for every key of the specification', () => {
    expect(officialKeys.filter((key) => !hasRule(key))).toEqual([])
  })

  test('has no rule for a key that the specification does not know', () => {
    const official = new Set(officialKeys.flatMap((key) => [key, key.replaceAll('.[]', '')]))
    // Patterns of names: the list speaks of what stands below them.
    const known = (pattern: string): boolean =>
      official.has(pattern) ||
      officialKeys.some((key) => key.startsWith(`${pattern}.`)) ||
      /(?:^|\.)x-\*$/.test(pattern)
    const extra = [...vocabulary.keys()].filter((pattern) => !known(pattern))
    expect(extra).toEqual(
      [
        // Open maps, whose names are data.
        'services.*.ulimits.*',
      ].filter((each) => extra.includes(each)),
    )
  })

  test('says why of every key, in one sentence without a full stop', () => {
    for (const [pattern, { why, instead }] of vocabulary)
      for (const text of [why, instead ?? 'x']) expect(text, pattern).toMatch(/^[^\n]*[^.\n]$/)
  })

  test('refuses what Compose does not know, with the nearest that it knows', () => {
    const result = run(
      'services:\n  a:\n    image: a:1\n    enviroment: {}\n    deploy: { replica: 1 }\nvolume: {}\n',
    )
    const said = result.report
      .filter(({ verdict }) => verdict === 'refused')
      .map(({ key, remarks }) => [key, remarks[0]?.why])
    expect(said).toEqual([
      ['services.a.enviroment', "Compose has no key 'enviroment' here; did you mean 'environment'?"],
      ['services.a.deploy.replica', "Compose has no key 'replica' here; did you mean 'replicas'?"],
      ['volume', "Compose has no key 'volume' here; did you mean 'volumes'?"],
    ])
  })
})

function run(text: string, folder = fixtures) {
  const result = importCompose({
    text,
    file: 'compose.yaml',
    folder: '/srv/everything',
    files: filesOf(folder),
  })
  if (!result.ok) throw new Error(result.problem.what)
  return result
}

/** Mapped keys whose absence gives the same stack, and why. */
const sameWithout: Readonly<Record<string, string>> = {
  version: 'it has no meaning',
  name: 'the folder has the same name',
  'volumes.data.driver': 'local is the default',
  'services.all.healthcheck.disable': 'false is the default',
  'services.all.deploy.mode': 'replicated is the default',
  'services.all.deploy.endpoint_mode': 'vip is the default',
  'services.all.ports[1].protocol': 'tcp is the default',
  'services.all.ports[1].host_ip': 'all addresses are the default',
  'services.all.env_file[1].required': 'true is the default',
  'services.all.depends_on.first.required': 'it is always waited for',
  'services.all.volumes[2].type': 'volume is the default',
  'services.all.volumes[2].volume': 'all that is in it is refused',
  'services.all.volumes[1].bind': 'all that is in it is refused or has no effect',
  'services.all.privileged': 'false is the default',
  'services.all.pids_limit': 'deploy says it',
  'services.all.volumes[1].type': 'the source is a path',
  'services.all.gpus[0].capabilities': 'it asks for GPUs anyway',
  'include[0].env_file': 'it is the default',
  'include[0].project_directory': 'it is the default',
}

describe('a key that is mapped', () => {
  const folder = join(fixtures, 'everything')
  const text = readFileSync(join(folder, 'compose.yaml'), 'utf8')
  const whole = run(text, folder)
  const mapped = whole.report.filter(
    ({ verdict, file, isWithin, remarks }) =>
      verdict === 'mapped' &&
      file === 'compose.yaml' &&
      !isWithin &&
      !remarks.some(({ why }) => why === 'it is empty'),
  )

  test.each(mapped.map(({ key }) => key))('changes the stack file: %s', (key) => {
    const document = parseDocument(text)
    const path = pathOf(key)
    expect(document.hasIn(path)).toBe(true)
    document.deleteIn(path)
    const result = importCompose({
      text: document.toString(),
      file: 'compose.yaml',
      folder: '/srv/everything',
      files: filesOf(folder),
    })
    const plain = (code: string) => code.replaceAll(/^ *\/\/ Not imported.*\n/gm, '')
    const isSame = result.ok && plain(result.code) === plain(whole.code)
    expect(isSame, result.ok ? 'the code is the same without it' : '').toBe(Object.hasOwn(sameWithout, key))
  })
})

function pathOf(key: string): (string | number)[] {
  return [...key.matchAll(/"((?:[^"\\]|\\.)*)"|\[(\d+)\]|([^.[\]"]+)/g)].map(([, quoted, index, plain]) =>
    index !== undefined ? Number(index) : (quoted ?? plain ?? ''),
  )
}

test('the fixture with everything has every key of a service', () => {
  const document = parseDocument(readFileSync(join(fixtures, 'everything', 'compose.yaml'), 'utf8'))
  const found = new Set<string>()
  const visit = (node: unknown, pattern: string): void => {
    if (isSeq(node)) for (const item of node.items) visit(item, `${pattern}.[]`)
    if (isMap(node))
      for (const { key, value } of node.items) {
        const inner = patternBelow(pattern, String(key))
        found.add(inner)
        visit(value, inner)
      }
  }
  visit(document.contents, '')
  const missing = officialKeys.filter((key) => /^services\.\*\.[^.]+$/.test(key) && !found.has(key))
  expect(missing).toEqual([])
})
