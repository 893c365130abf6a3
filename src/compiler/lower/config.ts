// Configs: a file of the stack, a text, or a template file with values. Invariant: the content of every file is in the
// document, so that a change of it is a change of the document; a secret in it is its name, put together where the task
// runs.

import { nearest } from '../../model/index.ts'
import type { ConfigSpec, TextPart } from '../../model/index.ts'
import { isObject, isReference, membersOf } from '../sandbox/opened.ts'
import type { Declared, Encoded } from '../sandbox/opened.ts'
import type { Words } from '../words.ts'
import { configLimit } from './config-files.ts'
import { parseTemplate, valueName } from './config-template.ts'
import { readOnChange } from './on-change.ts'
import type { Reader } from './reader.ts'
import { openDeclaration } from './scope.ts'
import type { Declaration, Scope } from './scope.ts'
import { joinParts, Reaching, readHole } from './text.ts'

const kinds = ['file', 'content', 'template'] as const

const defaultMode = '0444'

export function readConfig(scope: Scope, declared: Declared): ConfigSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const { sources } = scope
  const keys = ['configs', name]
  sources.written(keys, reader.where)
  for (const field of ['mode', 'onChange'])
    if (fields.has(field)) sources.written([...keys, field], reader.at(['1', field]))
  for (const kind of kinds)
    if (fields.has(kind)) sources.written([...keys, 'content'], reader.at(['1', kind]))
  const mode = readMode(declaration)
  const onChange = readOnChange(reader, fields.get('onChange'), ['1', 'onChange'])
  const content = readContent(scope, declaration, declared)
  if (!content) return undefined
  checkSize(reader, content)
  const spec: ConfigSpec = {
    content,
    mode: sources.orDefault([...keys, 'mode'], mode, defaultMode),
    onChange: sources.orDefault([...keys, 'onChange'], onChange, 'restart'),
  }
  warnOfReaders(declaration, spec)
  return spec
}

function readContent(scope: Scope, declaration: Declaration, { options }: Declared): TextPart[] | undefined {
  const { reader, fields } = declaration
  const [kind, other] = kinds.filter((each) => fields.has(each))
  if (kind === undefined) {
    // One that is misspelt was said to be so.
    if (isObject(options) && membersOf(options).length > fields.size) return undefined
    reader.refuse(
      [],
      {
        code: 'GT2175',
        summary: `${reader.subject} is made of nothing`,
        label: 'it takes file, content or template',
      },
      'callee',
    )
    return undefined
  }
  if (other !== undefined) {
    const span = reader.report.spanOf(reader.at(['1', kind]), 'name')
    reader.refuse(
      ['1', other],
      {
        code: 'GT2175',
        summary: `${reader.subject} is made of ${kind} and ${other} at once`,
        ...(span ? { related: [{ span, label: 'the other' }] } : {}),
      },
      'name',
    )
    return undefined
  }
  if (kind !== 'template' && fields.has('values'))
    reader.refuse(
      ['1', 'values'],
      { code: 'GT2175', summary: `values of ${reader.subject} are for a template, and it has none` },
      'name',
    )
  switch (kind) {
    case 'content': {
      const path = ['1', 'content']
      const value = fields.get('content') ?? ''
      const isFit = typeof value === 'string' || (isReference(value) && ['text', 'output'].includes(value.$))
      if (isFit) return joinParts(readPiece(reader, value, path))
      reader.misfit(value, path)
      return undefined
    }
    case 'file': {
      const text = readText(scope, reader, fields.get('file'), ['1', 'file'])
      return text === undefined ? undefined : joinParts([text])
    }
    case 'template':
      return fillTemplate(scope, declaration)
  }
}

const pieces: readonly string[] = ['secret', 'port', 'host', 'number', 'output', 'text', 'file']

/** What it refers to is used by those who mount the config, and is found there. */
function readPiece(reader: Reader, value: Encoded, path: readonly string[]): TextPart[] {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  if (!isPlain && !(isReference(value) && pieces.includes(value.$))) {
    reader.misfit(value, path)
    return []
  }
  const uses = { files: new Set<string>(), reaching: new Reaching() }
  return readHole(reader, value, reader.at(path), uses)
}

function readText(
  { texts }: Scope,
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): string | undefined {
  const written = reader.string(value, path)
  if (written === undefined) return undefined
  const file = texts.read(written)
  if (file.ok) return file.text
  reader.refuse(path, fileWords(written, file))
  return undefined
}

function fileWords(path: string, file: Exclude<ReturnType<Scope['texts']['read']>, { ok: true }>): Words {
  switch (file.problem) {
    case 'missing':
      return {
        code: 'GT2176',
        summary: `there is no file '${path}'`,
        notes: ["the path is relative to the stack file's folder"],
      }
    case 'outside':
      return {
        code: 'GT0002',
        summary: `'${path}' leads out of the stack's folder`,
        notes: [
          'a stack consists of the files from its own folder down, so that it is the same wherever it is copied to',
        ],
      }
    case 'unreadable':
      return { code: 'GT2176', summary: `'${path}' cannot be a config: ${file.why}` }
  }
}

function fillTemplate(scope: Scope, { reader, fields }: Declaration): TextPart[] | undefined {
  const path = ['1', 'template']
  const text = readText(scope, reader, fields.get('template'), path)
  const values = reader.record(fields.get('values'), ['1', 'values']) ?? new Map<string, Encoded>()
  if (text === undefined) return undefined
  const written = fields.get('template')
  const file = typeof written === 'string' ? written : ''
  const { parts, mistakes } = parseTemplate(text)
  const places = new Map<string, number>()
  for (const part of parts)
    if (typeof part !== 'string' && !places.has(part.value)) places.set(part.value, part.line)
  const unused = [...values.keys()].filter((name) => !places.has(name))
  const meant = new Set(
    unused.map((name) => refuseUnused(reader, name, { file, places: [...places.keys()] })),
  )
  refusePlaces(reader, file, [
    ...mistakes.map((each) => ({ line: each.line, what: `'${each.text}' names no value` })),
    ...[...places]
      .filter(([name]) => !values.has(name) && !meant.has(name))
      .map(([name, line]) => ({ line, what: `{{${name}}} is not among the values` })),
  ])
  return joinParts(
    parts.flatMap((part): TextPart[] => {
      if (typeof part === 'string') return [part]
      const value = values.get(part.value)
      return value === undefined ? [] : readPiece(reader, value, ['1', 'values', part.value])
    }),
  )
}

/** The place that was probably meant, which is not told again as one that nothing fills. */
function refuseUnused(
  reader: Reader,
  name: string,
  { file, places }: { readonly file: string; readonly places: readonly string[] },
): string | undefined {
  const isName = valueName.test(name)
  const guess = isName ? nearest(name, places) : undefined
  reader.refuse(
    ['1', 'values', name],
    {
      code: 'GT2178',
      summary: isName
        ? `'${file}' has no {{${name}}}`
        : `'${name}' cannot be the name of a value: letters, digits and "_", not starting with a digit`,
      ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
    },
    'name',
  )
  return guess
}

/** Lines of the template that are told of below the first one. */
const shownLines = 5

/** All that is wrong with one template is one mistake: it has one place in the program. */
function refusePlaces(
  reader: Reader,
  file: string,
  found: readonly { readonly line: number; readonly what: string }[],
): void {
  const [first, ...others] = [...found].sort((a, b) => a.line - b.line)
  if (!first) return
  const more = others.slice(0, shownLines).map(({ line, what }) => `line ${line}: ${what}`)
  const rest = others.length - more.length
  reader.refuse(['1', 'template'], {
    code: 'GT2177',
    summary: `line ${first.line} of '${file}': ${first.what}`,
    notes: [
      ...more,
      ...(rest > 0 ? [`and ${rest} more`] : []),
      'a place is {{name}}; the characters {{ themselves are written {{{{',
    ],
  })
}

/** What stands for a reference counts as nothing: it is short. */
function checkSize(reader: Reader, content: readonly TextPart[]): void {
  const bytes = content.reduce(
    (sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : 0),
    0,
  )
  if (bytes > configLimit)
    reader.refuse(['1', 'content'], {
      code: 'GT2176',
      summary: `${reader.subject} is larger than ${configLimit / 1024} KiB`,
    })
}

function readMode({ reader, fields }: Declaration): string | undefined {
  const path = ['1', 'mode']
  const mode = reader.string(fields.get('mode'), path)
  if (mode === undefined || /^0[0-7]{3}$/.test(mode)) return mode
  const better = /^[0-7]{3}$/.test(mode) ? `0${mode}` : undefined
  reader.refuse(path, {
    code: 'GT2179',
    summary: `mode '${mode}' of ${reader.subject} is not four octal digits`,
    label: better === undefined ? "such as '0444'" : `write '${better}'`,
  })
  return undefined
}

function warnOfReaders({ reader, fields }: Declaration, { content, mode }: ConfigSpec): void {
  const secret = content.flatMap((part) =>
    typeof part === 'object' && 'secret' in part ? [part.secret] : [],
  )[0]
  if (secret === undefined || mode.endsWith('0')) return
  const at = fields.has('mode') ? ['1', 'mode'] : ['1', fields.has('content') ? 'content' : 'values']
  reader.report.warn(reader.at(at), {
    code: 'GT4022',
    summary: `${reader.subject} holds secret '${secret}', and every program in the container may read it`,
    fix: "mode: '0400'",
  })
}
