// Configs: a file of the stack, a text, or a template file with values. Invariant: the content of every file is in the
// document, so that a change of it is a change of the document; a secret in it is its name, put together where the task
// runs.

import { nearest } from '../../model/index.ts'
import type { ConfigSpec, TextPart } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
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
  const content = readContent(scope, declaration)
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

function readContent(scope: Scope, declaration: Declaration): TextPart[] | undefined {
  const { reader, fields } = declaration
  const [kind, other] = kinds.filter((each) => fields.has(each))
  if (kind === undefined) {
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

const pieces: readonly string[] = ['secret', 'port', 'output', 'text', 'file']

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
  for (const mistake of mistakes)
    reader.refuse(path, {
      code: 'GT2177',
      summary: `line ${mistake.line} of '${file}': '${mistake.text}' names no value`,
      notes: ['a place is {{name}}; the characters {{ themselves are written {{{{'],
    })
  const used = new Set<string>()
  const filled = parts.flatMap((part): TextPart[] => {
    if (typeof part === 'string') return [part]
    const value = values.get(part.value)
    if (value !== undefined) {
      used.add(part.value)
      return readPiece(reader, value, ['1', 'values', part.value])
    }
    if (!used.has(part.value)) refuseUnfilled(reader, part, { file, names: [...values.keys()] })
    used.add(part.value)
    return []
  })
  for (const name of values.keys()) {
    if (used.has(name)) continue
    const at = ['1', 'values', name]
    const isName = valueName.test(name)
    const guess = nearest(
      name,
      parts.flatMap((part) => (typeof part === 'string' ? [] : [part.value])),
    )
    reader.refuse(
      at,
      {
        code: 'GT2178',
        summary: isName
          ? `'${file}' has no {{${name}}}`
          : `'${name}' cannot be the name of a value: letters, digits and "_", not starting with a digit`,
        ...(guess === undefined || !isName ? {} : { label: `did you mean '${guess}'?` }),
      },
      'name',
    )
  }
  return joinParts(filled)
}

function refuseUnfilled(
  reader: Reader,
  part: { readonly value: string; readonly line: number },
  { file, names }: { readonly file: string; readonly names: readonly string[] },
): void {
  const guess = nearest(part.value, names)
  reader.refuse(['1', 'template'], {
    code: 'GT2177',
    summary: `line ${part.line} of '${file}': {{${part.value}}} is not among the values`,
    ...(guess === undefined ? {} : { label: `did you mean {{${guess}}}?` }),
    notes: [names.length === 0 ? 'there are no values' : `the values are ${names.join(', ')}`],
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
