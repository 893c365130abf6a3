// Diagnostics as SARIF 2.1.0, which code scanning of GitHub, GitLab and editors reads. Invariant: every rule that a
// result names is described, and a result's fingerprint does not depend on the line it stands on.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

import type { CodeEntry } from '../../compiler/index.ts'
import { digestOf } from '../../model/index.ts'
import type { Diagnostic, Span } from '../../model/index.ts'
import { messageLines } from './message.ts'

export interface SarifOptions {
  readonly version: string
  readonly codes: Readonly<Record<string, CodeEntry>>
  /** Path of a span's file from the root of the sources, with `/`; or an absolute path when it lies elsewhere. */
  readonly pathOf: (file: string) => string
  /** Where a diagnostic that stands nowhere is shown: the stack file, as a span would name it. */
  readonly file: string
}

/** The whole log, with one run. */
export function sarifLog(diagnostics: readonly Diagnostic[], options: SarifOptions): unknown {
  const used = [...new Set(diagnostics.map((each) => each.code))].sort()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'gantry',
            semanticVersion: options.version,
            rules: used.map((code) => ruleOf(code, options.codes[code])),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((each) => resultOf(each, used.indexOf(each.code), options)),
      },
    ],
  }
}

function ruleOf(code: string, entry: CodeEntry | undefined): unknown {
  const level = code.startsWith('GT4') ? 'warning' : 'error'
  if (!entry) return { id: code, defaultConfiguration: { level } }
  const examples = [
    ...(entry.wrong === undefined ? [] : [`Wrong: ${entry.wrong}`]),
    ...(entry.right === undefined ? [] : [`Right: ${entry.right}`]),
  ]
  return {
    id: code,
    shortDescription: { text: entry.title },
    fullDescription: { text: entry.text },
    help: { text: [entry.text, ...examples].join('\n\n') },
    defaultConfiguration: { level },
  }
}

function resultOf(diagnostic: Diagnostic, ruleIndex: number, options: SarifOptions): unknown {
  const { code, severity, span, related = [], fix } = diagnostic
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: messageLines(diagnostic).join('\n') },
    locations: [span ? locationOf(span, options) : { physicalLocation: fileOf(options.file, options) }],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((each, id) => ({
            id,
            message: { text: each.label },
            ...locationOf(each.span, options),
          })),
        }),
    partialFingerprints: {
      'gantry/v1': digestOf([code, options.pathOf(span?.file ?? options.file), diagnostic.summary]),
    },
    // An edit of the file it is not: a fix is said in words.
    ...(fix === undefined ? {} : { properties: { fix } }),
  }
}

function locationOf(span: Span, options: SarifOptions): { readonly physicalLocation: unknown } {
  const { line, column, endLine, endColumn } = span
  return {
    physicalLocation: {
      ...fileOf(span.file, options),
      region: { startLine: line, startColumn: column, endLine, endColumn },
    },
  }
}

function fileOf(file: string, { pathOf }: SarifOptions): { readonly artifactLocation: unknown } {
  const path = pathOf(file)
  const uri = path.split('/').map(encodeURIComponent).join('/')
  return {
    artifactLocation: path.startsWith('/') ? { uri: `file://${uri}` } : { uri, uriBaseId: '%SRCROOT%' },
  }
}
