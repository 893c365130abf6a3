import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { documentDigest, documentPath } from '../../model/index.ts'
import type { CompiledStack, Span } from '../../model/index.ts'
import { shopDocument } from '../testing.ts'
import { listDocument } from './listing.ts'
import { renderListing } from './render.ts'

const span = (line: number, file = 'shop.stack.ts'): Span => ({
  file,
  line,
  column: 3,
  endLine: line,
  endColumn: 9,
  start: 0,
  end: 6,
})
const document = shopDocument()
const compiled: CompiledStack = {
  document,
  digest: documentDigest(document),
  sources: {
    files: {},
    spans: {
      'services/db': span(4),
      'services/db/template/image': span(5),
      [documentPath('services', 'db', 'template', 'mounts', '/var/lib/postgresql/data')]: span(6),
      'services/web': span(20),
    },
    components: {
      'services/web': span(40, 'gantry:std/web-service.ts'),
      'services/web/replicas': span(44, 'gantry:std/web-service.ts'),
      'services/web/template/image': span(9, 'gantry:std/other.ts'),
    },
    defaults: { 'services/db/rollout': 'default@1' },
  },
}
const things = listDocument(compiled, { stage: '--input' })
const thing = (title: string) => things.find((each) => each.title === title)
const sourceOf = (title: string, label: string) =>
  thing(title)?.values.find((each) => each.label === label)?.source

describe('where a value comes from', () => {
  test('is the place where it is written', () => {
    expect(sourceOf('service db', 'image')).toEqual({ kind: 'written', span: span(5) })
    expect(sourceOf('service db', 'mount /var/lib/postgresql/data')).toEqual({
      kind: 'written',
      span: span(6),
    })
  })

  test('is a default, also when that is of all that the value is part of', () => {
    expect(sourceOf('service db', 'batch')).toEqual({ kind: 'default', version: 'default@1' })
  })

  test('is nowhere when nobody wrote it: the place of the whole service is not its', () => {
    expect(sourceOf('service db', 'on lost')).toEqual({ kind: 'computed' })
  })

  test('is a component, with the line inside of it and the call', () => {
    expect(thing('service web')?.source).toEqual({
      kind: 'component',
      span: span(20),
      inner: span(40, 'gantry:std/web-service.ts'),
    })
    expect(sourceOf('service web', 'replicas')).toMatchObject({
      kind: 'component',
      inner: { line: 44, file: 'gantry:std/web-service.ts' },
    })
  })

  test('is who gave an input', () => {
    expect(sourceOf('inputs', 'stage')).toEqual({ kind: 'input', from: '--input' })
    expect(sourceOf('inputs', 'domain')).toEqual({ kind: 'input', from: 'default' })
  })
})

test.each([40, 80, 200])('no line is wider than %i columns, and nothing is cut off', (width) => {
  const text = renderListing(things, { width, color: pc.createColors(false), file: 'shop.stack.ts' })
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
  const joined = text.replaceAll(/\s/g, '')
  for (const { title } of things) expect(joined).toContain(title.replaceAll(' ', ''))
})

test('places in a component are short where its file stands above', () => {
  const text = renderListing(things, { width: 80, color: pc.createColors(false), file: 'shop.stack.ts' })
  expect(text).toMatch(/^service web {2}shop\.stack\.ts:20:3, in gantry:std\/web-service\.ts:40:3$/m)
  expect(text).toMatch(/^ {2}replicas +3 +in :44:3$/m)
  expect(text).toMatch(/^ {2}image +shop\/web:2\.1 +gantry:std\/other\.ts:9:3$/m)
})
