import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { Diagnostic, Span } from '../../model/index.ts'
import { githubAnnotations } from './github.ts'
import { pathsFrom } from './paths.ts'
import { sarifLog } from './sarif.ts'

const span = (over: Partial<Span> = {}): Span => ({
  file: 'shop.stack.ts',
  line: 6,
  column: 66,
  endLine: 6,
  endColumn: 71,
  start: 200,
  end: 205,
  ...over,
})

const wrong: Diagnostic = {
  severity: 'error',
  code: 'GT2001',
  summary: "service 'db' has no port 'pgsql' (ports: pg)",
  label: "did you mean 'pg'?",
  fix: 'write db.ports.pg',
  onlyWhen: 'stage = prod',
  span: span(),
  related: [{ span: span({ line: 5 }), label: 'declared here' }],
}
const warned: Diagnostic = { severity: 'warning', code: 'GT4001', summary: 'a secret in env' }

describe('annotations of GitHub', () => {
  test('a diagnostic is one line with its place, its code and all that is said of it', () => {
    expect(githubAnnotations([wrong, warned], (file) => `stacks/${file}`).split('\n')).toEqual([
      '::error file=stacks/shop.stack.ts,line=6,col=66,endLine=6,endColumn=71,title=GT2001::' +
        "service 'db' has no port 'pgsql' (ports: pg) (only when stage = prod)%0Adid you mean 'pg'?%0Afix: write db.ports.pg",
      '::warning title=GT4001::a secret in env',
    ])
  })

  test('nothing that a program is called can end a property or a line', () => {
    const hostile: Diagnostic = {
      ...warned,
      summary: '100%\r\n::error::x',
      span: span({ file: 'a,b:c%\n.ts', endLine: 8 }),
    }
    expect(githubAnnotations([hostile], (file) => file)).toBe(
      '::warning file=a%2Cb%3Ac%25%0A.ts,line=6,endLine=8,title=GT4001::100%25%0D%0A::error::x',
    )
  })
})

// What of the SARIF 2.1.0 schema concerns us, closed: a member that is not here is not one of SARIF's, or not ours.
const message = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: { text: { type: 'string', minLength: 1 } },
}
const positive = { type: 'integer', minimum: 1 }
const closed = (required: string[], properties: object) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const physicalLocation = closed(['artifactLocation'], {
  artifactLocation: closed(['uri'], {
    uri: { type: 'string', pattern: '^[^\\s\\\\]+$' },
    uriBaseId: { const: '%SRCROOT%' },
  }),
  region: closed(['startLine', 'startColumn', 'endLine', 'endColumn'], {
    startLine: positive,
    startColumn: positive,
    endLine: positive,
    endColumn: positive,
  }),
})
const level = { enum: ['none', 'note', 'warning', 'error'] }
const sarifSchema = closed(['$schema', 'version', 'runs'], {
  $schema: { type: 'string' },
  version: { const: '2.1.0' },
  runs: {
    type: 'array',
    minItems: 1,
    items: closed(['tool', 'results'], {
      tool: closed(['driver'], {
        driver: closed(['name', 'rules'], {
          name: { type: 'string' },
          semanticVersion: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
          rules: {
            type: 'array',
            uniqueItems: true,
            items: closed(['id'], {
              id: { type: 'string' },
              shortDescription: message,
              fullDescription: message,
              help: message,
              defaultConfiguration: closed([], { level }),
            }),
          },
        }),
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      results: {
        type: 'array',
        items: closed(['ruleId', 'ruleIndex', 'level', 'message', 'locations'], {
          ruleId: { type: 'string' },
          ruleIndex: { type: 'integer', minimum: 0 },
          level,
          message,
          locations: {
            type: 'array',
            minItems: 1,
            items: closed(['physicalLocation'], { physicalLocation }),
          },
          relatedLocations: {
            type: 'array',
            items: closed(['id', 'physicalLocation', 'message'], {
              id: { type: 'integer', minimum: 0 },
              physicalLocation,
              message,
            }),
          },
          partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
          properties: { type: 'object' },
        }),
      },
    }),
  },
})

describe('SARIF', () => {
  const options = {
    version: '0.1.0',
    codes: {
      GT2001: { title: 'a port', text: 'Ports have names.', wrong: 'db.ports.x', right: 'db.ports.pg' },
    },
    pathOf: pathsFrom('/repo', '/repo/my stacks'),
    file: 'shop.stack.ts',
  }

  test('a log has the parts that the standard asks for, and no other', () => {
    const validate = new Ajv2020({ strict: false }).compile(sarifSchema)
    const far: Diagnostic = { ...wrong, code: 'GT9999', span: span({ file: '../../else where/x.ts' }) }
    for (const diagnostics of [[], [wrong], [warned], [wrong, warned, far]]) {
      const log = sarifLog(diagnostics, options)
      expect(validate(JSON.parse(JSON.stringify(log))), JSON.stringify(validate.errors)).toBe(true)
    }
  })

  test('a result names its rule, its place in the repository, second places and the fix in words', () => {
    expect(sarifLog([warned, wrong], options)).toMatchObject({
      runs: [
        {
          tool: { driver: { rules: [{ id: 'GT2001' }, { id: 'GT4001' }] } },
          results: [
            {
              ruleId: 'GT4001',
              ruleIndex: 1,
              level: 'warning',
              locations: [{ physicalLocation: { artifactLocation: { uri: 'my%20stacks/shop.stack.ts' } } }],
            },
            {
              ruleId: 'GT2001',
              ruleIndex: 0,
              level: 'error',
              locations: [
                {
                  physicalLocation: { region: { startLine: 6, startColumn: 66, endLine: 6, endColumn: 71 } },
                },
              ],
              relatedLocations: [{ id: 0, message: { text: 'declared here' } }],
              properties: { fix: 'write db.ports.pg' },
            },
          ],
        },
      ],
    })
  })

  test('the fingerprint stays when the line moves', () => {
    const prints = [wrong, { ...wrong, span: span({ line: 90, endLine: 90 }) }].map((each) =>
      JSON.stringify(sarifLog([each], options)).replace(/.*partialFingerprints/, ''),
    )
    expect(prints[0]).toBe(prints[1])
  })
})

test('a file that lies outside of the root keeps its whole path', () => {
  const pathOf = pathsFrom('/repo', '/repo/a')
  expect([pathOf('x.ts'), pathOf('../b/x.ts'), pathOf('../../c/x.ts'), pathOf('/etc/x.ts')]).toEqual([
    'a/x.ts',
    'b/x.ts',
    '/c/x.ts',
    '/etc/x.ts',
  ])
})
