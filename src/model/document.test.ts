import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  documentDigest,
  documentPath,
  emptySources,
  imageRef,
  spanAt,
  stackDocument,
  templateHash,
} from './document.ts'
import type { Span } from './document.ts'
import { afterJob, documentOf, jobOf, serviceOf, templateOf, volumeOf } from './testing.ts'

describe('the schema', () => {
  const document = documentOf({
    services: { api: serviceOf({ dependsOn: [afterJob('seed')] }) },
    jobs: { seed: jobOf() },
    volumes: { data: volumeOf() },
    secrets: { token: { generateBytes: 24 } },
  })

  test('takes a document and changes nothing of it', () => {
    expect(stackDocument.parse(document)).toEqual(document)
    expect(documentDigest(stackDocument.parse(JSON.parse(JSON.stringify(document))))).toBe(
      documentDigest(document),
    )
  })

  test.each([
    ['an unknown field', { ...document, extra: 1 }],
    [
      'an unknown field of a template',
      {
        ...document,
        services: { api: { ...serviceOf(), template: { ...templateOf(), privilege: true } } },
      },
    ],
    ['a newer format', { ...document, format: 2 }],
    ['a name that is none', { ...document, services: { Api: serviceOf() } }],
    ['a name that every object has', { ...document, services: { constructor: serviceOf() } }],
    [
      'a relative mount',
      {
        ...document,
        services: {
          api: serviceOf({ template: templateOf({ mounts: { data: { volume: 'data', readOnly: false } } }) }),
        },
      },
    ],
    ['half a replica', { ...document, services: { api: serviceOf({ replicas: 1.5 }) } }],
    [
      'a batch of nothing',
      {
        ...document,
        services: { api: serviceOf({ rollout: { ...serviceOf().rollout, batch: { count: 0 } } }) },
      },
    ],
    ['a secret too short to be one', { ...document, secrets: { token: { generateBytes: 8 } } }],
  ])('refuses %s', (_, value) => expect(stackDocument.safeParse(value).success).toBe(false))
})

test('only what changes a task is in its hash', () => {
  const template = templateOf({ env: { A: { text: ['1'] }, B: { text: ['2'] } } })
  expect(templateHash({ ...template, env: { B: { text: ['2'] }, A: { text: ['1'] } } })).toBe(
    templateHash(template),
  )
  expect(templateHash({ ...template, env: { A: { text: ['1'] } } })).not.toBe(templateHash(template))
  expect(templateHash({ ...template, user: '1000' })).not.toBe(templateHash(template))
})

describe('a path in a document', () => {
  test('keeps its keys apart, whatever is in them', () =>
    fc.assert(
      fc.property(fc.array(fc.string()), (keys) => {
        const back = documentPath(...keys)
          .split('/')
          .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
        expect(keys.length === 0 ? [] : back).toEqual(keys)
      }),
    ))

  const span = (line: number): Span => ({
    file: 'a.ts',
    line,
    column: 1,
    endLine: line,
    endColumn: 2,
    start: 0,
    end: 1,
  })
  const sources = {
    ...emptySources,
    spans: { 'services/api': span(3), 'services/api/template/env/A~1B': span(5) },
  }

  test.each([
    [documentPath('services', 'api', 'template', 'env', 'A/B'), 5],
    [documentPath('services', 'api', 'template', 'env', 'C'), 3],
    [documentPath('services', 'api'), 3],
    [documentPath('services', 'apis'), undefined],
    [documentPath('services'), undefined],
    ['', undefined],
  ])('%s is declared at line %s', (path, line) => expect(spanAt(sources, path)?.line).toBe(line))
})

describe('the name of an image', () => {
  const built = (context: string, digest = 'a'.repeat(64)) =>
    imageRef('shop', { build: { context, dockerfile: 'Dockerfile', args: {}, digest } })

  test.each([
    ['./api', 'gantry/shop-api:aaaaaaaaaaaa'],
    ['.', 'gantry/shop-image:aaaaaaaaaaaa'],
    ['..', 'gantry/shop-image:aaaaaaaaaaaa'],
    ['apps/My_App.v2/', 'gantry/shop-my-app-v2:aaaaaaaaaaaa'],
  ])('built from %s is %s', (context, ref) => expect(built(context)).toBe(ref))

  test('follows the content', () => expect(built('api', 'b'.repeat(64))).not.toBe(built('api')))

  test('that is not built is taken as it is', () =>
    expect(imageRef('shop', { ref: 'postgres:17' })).toBe('postgres:17'))

  test('is one that Docker takes', () =>
    fc.assert(
      fc.property(fc.string(), (context) => {
        expect(built(context)).toMatch(
          /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\/[a-z0-9]+(?:-+[a-z0-9]+)*:[a-f0-9]{12}$/,
        )
      }),
    ))
})
