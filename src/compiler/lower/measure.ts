// What policies and gates measure of a service. Invariant: whatever is measured exists: cpu and memory in percent of a
// reservation, requests where requests come in.

import type { Condition, Port, Resources } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import type { Scope } from './scope.ts'
import type { Where } from './report.ts'
import type { Span } from '../../model/index.ts'

/** What a service has that can be measured. */
export interface Measured {
  readonly resources: Resources
  readonly ports: Readonly<Record<string, Port>>
}

const ofRequests: ReadonlySet<string> = new Set(['requests', 'errors', 'p50', 'p95', 'p99'])

/** `value` is the template whose conditions they are; `verb` says what the service does with them: `scales on`. */
export function checkMeasured(
  scope: Scope,
  reader: Reader,
  value: Encoded,
  {
    conditions,
    attributes = [],
    measured,
    verb,
  }: {
    readonly conditions: readonly Condition[]
    readonly attributes?: readonly string[]
    readonly measured: Measured
    readonly verb: string
  },
): void {
  if (!isReference(value)) return
  const { calls } = scope.references.made(value)
  const names = new Set([...conditions.flatMap(attributesOf), ...attributes])
  const where: Where = { calls, path: [] }
  for (const name of names) {
    if ((name === 'cpu' || name === 'memory') && measured.resources[name] === 0)
      scope.report.refuseAt(spanOf(scope, calls, name), where, {
        code: 'GT2301',
        summary: `${reader.subject} ${verb} ${name} but reserves none`,
        fix: name === 'cpu' ? "resources: { cpu: '250m' }" : "resources: { memory: '256Mi' }",
      })
    const takesRequests = Object.values(measured.ports).some(
      ({ protocol }) => protocol === 'http' || protocol === 'grpc',
    )
    if (ofRequests.has(name) && !takesRequests)
      scope.report.refuseAt(spanOf(scope, calls, name), where, {
        code: 'GT2302',
        summary: `${reader.subject} ${verb} ${name} but has no http() or grpc() port`,
        label: 'measured where requests come in',
      })
  }
}

function attributesOf(condition: Condition): string[] {
  if ('attribute' in condition) return [condition.attribute]
  if ('not' in condition) return attributesOf(condition.not)
  return ('all' in condition ? condition.all : condition.any).flatMap(attributesOf)
}

/** The word in the template, texts in quotes left out; undefined when the template is not written in the program. */
function spanOf({ places }: Scope, calls: readonly number[], name: string): Span | undefined {
  const id = places.wordOf(calls)
  const site = id === undefined ? undefined : places.call(id)
  for (const range of site?.template ?? []) {
    if (!site) continue
    for (const match of places.text(site.file, range).matchAll(/"[^"]*"|[A-Za-z][\w.]*/g))
      if (match[0] === name) {
        const start = range[0] + match.index
        return places.span(site.file, [start, start + name.length])
      }
  }
  return undefined
}
