// A stack document as a list: each value in the words of the language, and where it comes from: a place in the program,
// a component (with the line inside of it), a default with its version, an input. Pure.

import { documentPath, spanAt, unreachable } from '../../model/index.ts'
import type { CompiledStack, Sources, Span } from '../../model/index.ts'
import {
  configFields,
  cronFields,
  ingressFields,
  jobFields,
  secretFields,
  serviceFields,
  volumeFields,
} from '../../plan/index.ts'
import type { Field } from '../../plan/index.ts'

export type Source =
  /** Written there. */
  | { readonly kind: 'written'; readonly span: Span }
  /** Written by a component, which was called at `span`. */
  | { readonly kind: 'component'; readonly span: Span | undefined; readonly inner: Span }
  /** `default@1`. */
  | { readonly kind: 'default'; readonly version: string }
  /** Follows from other values: nobody wrote it. */
  | { readonly kind: 'computed' }
  /** `--input`, a file, a variable of the environment, or the input's default. */
  | { readonly kind: 'input'; readonly from: string }

export interface ListedValue {
  readonly label: string
  readonly text: string
  readonly source: Source
}

export interface ListedThing {
  /** `service api`. */
  readonly title: string
  readonly source: Source | null
  readonly values: readonly ListedValue[]
}

/** `origins`: who gave each input. */
export function listDocument(
  { document, sources }: CompiledStack,
  origins: Readonly<Record<string, string>>,
): ListedThing[] {
  const things = <Spec>(
    group: keyof typeof document,
    word: string,
    specs: Readonly<Record<string, Spec>>,
    fieldsOf: (spec: Spec) => Field[],
  ): ListedThing[] =>
    Object.keys(specs)
      .sort()
      .flatMap((name) => {
        const spec = specs[name]
        return spec === undefined
          ? []
          : [listThing(`${word} ${name}`, [group, name], fieldsOf(spec), sources)]
      })
  const inputs = Object.entries(document.inputs).map(([name, value]): ListedValue => ({
    label: name,
    text: String(value),
    source: { kind: 'input', from: origins[name] ?? 'default' },
  }))
  return [
    ...(inputs.length === 0 ? [] : [{ title: 'inputs', source: null, values: inputs }]),
    ...things('services', 'service', document.services, serviceFields),
    ...things('jobs', 'job', document.jobs, jobFields),
    ...things('crons', 'cron', document.crons, cronFields),
    ...things('volumes', 'volume', document.volumes, volumeFields),
    ...things('secrets', 'secret', document.secrets, secretFields),
    ...things('configs', 'config', document.configs, configFields),
    ...things('ingresses', 'ingress', document.ingresses, ingressFields),
    ...listOutputs(document.outputs, sources),
    ...document.acknowledged.map((each): ListedThing => ({
      title: `acknowledged ${each.code}`,
      source: null,
      values: [{ label: each.of ?? 'of all', text: each.reason, source: { kind: 'computed' } }],
    })),
  ]
}

function listThing(
  title: string,
  at: readonly string[],
  fields: readonly Field[],
  sources: Sources,
): ListedThing {
  return {
    title,
    source: sourceOf(sources, at, at.length),
    values: fields.map(({ label, text, path }) => ({
      label,
      text,
      source: sourceOf(sources, [...at, ...path], at.length),
    })),
  }
}

function listOutputs(outputs: CompiledStack['document']['outputs'], sources: Sources): ListedThing[] {
  const values = Object.entries(outputs).map(([name, { text }]): ListedValue => ({
    label: name,
    text: text.map(partText).join(''),
    source: sourceOf(sources, ['outputs', name], 0),
  }))
  return values.length === 0 ? [] : [{ title: 'outputs', source: null, values }]
}

type TextPart = CompiledStack['document']['outputs'][string]['text'][number]

function partText(part: TextPart): string {
  if (typeof part === 'string') return part
  if ('endpoint' in part) return `\${${part.endpoint.service}.ports.${part.endpoint.port}}`
  if ('host' in part) return `\${${part.host.service}.ports.${part.host.port}.host}`
  if ('portNumber' in part) return `\${${part.portNumber.service}.ports.${part.portNumber.port}.number}`
  if ('secret' in part) return `\${secret ${part.secret}}`
  if ('output' in part) return `\${output ${part.output.stack}.${part.output.name}}`
  return unreachable(part)
}

/** The nearest at or above the path; what is known of the thing as a whole (`depth` keys) says nothing of a value in it. */
function sourceOf(sources: Sources, path: readonly string[], depth: number): Source {
  const { spans, defaults, components = {} } = sources
  for (let length = path.length; length > 0; length -= 1) {
    if (length <= depth && path.length > depth) break
    const at = documentPath(...path.slice(0, length))
    const inner = components[at]
    if (inner) return { kind: 'component', span: spans[at] ?? spanAt(sources, at), inner }
    const version = defaults[at]
    if (version !== undefined) return { kind: 'default', version }
    const span = spans[at]
    if (span) return { kind: 'written', span }
  }
  return { kind: 'computed' }
}
