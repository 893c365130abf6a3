// Texts with references in them, and the variables that hold them. Invariant: neighbouring plain pieces are one, and
// empty ones are gone, so that equal texts are equal documents; a secret's value is never a piece, only its name.

import type { EnvValue, TextPart } from '../../model/index.ts'
import { isList, isReference, textIn } from '../sandbox/opened.ts'
import type { Encoded, Reference } from '../sandbox/opened.ts'
import { takesAt } from '../vocabulary.ts'
import { unknownPort, wouldBeText, wrongValue } from '../words.ts'
import type { Reader } from './reader.ts'
import { describeValue } from './references.ts'
import { within } from './report.ts'
import type { Where } from './report.ts'

/** What a container refers to beside its own options. */
export interface Uses {
  /** Names of secrets whose files are mounted. */
  readonly files: Set<string>
}

export const secretFolder = '/run/secrets'

const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/

export function readEnv(reader: Reader, value: Encoded | undefined, uses: Uses): Record<string, EnvValue> {
  const path = ['1', 'env']
  const entries = [...(reader.record(value, path) ?? [])].flatMap(([name, each]): [string, EnvValue][] => {
    const at = [...path, name]
    if (!namePattern.test(name) || name === '__proto__') {
      reader.refuse(
        at,
        {
          code: 'GT2112',
          summary: `'${name}' cannot be the name of a variable`,
          notes: ['letters, digits, "_", "." and "-", not starting with a digit'],
        },
        'name',
      )
      return []
    }
    const read = readVariable(reader, each, at, uses)
    return read ? [[name, read]] : []
  })
  return Object.fromEntries(entries)
}

function readVariable(
  reader: Reader,
  value: Encoded,
  path: readonly string[],
  uses: Uses,
): EnvValue | undefined {
  if (typeof value === 'string') {
    const text = reader.string(value, path)
    return text === undefined ? undefined : { text: join([text]) }
  }
  if (typeof value === 'number' || typeof value === 'boolean') return { text: [String(value)] }
  if (!isReference(value)) {
    reader.misfit(value, path)
    return undefined
  }
  switch (value.$) {
    case 'file': {
      const secret = reader.references.nameOf(value)
      uses.files.add(secret)
      return { secretFile: secret }
    }
    case 'port':
      return { text: [endpoint(reader, value, reader.at(path))] }
    case 'text': {
      const parts = join(readText(reader, value, uses))
      const secret = parts.find((part) => typeof part === 'object' && 'secret' in part)
      if (secret && typeof secret === 'object' && 'secret' in secret)
        reader.report.warn(reader.at(path), {
          code: 'GT4001',
          summary: `${path.at(-1) ?? ''} of ${reader.subject} holds the value of secret '${secret.secret}'`,
          label: 'docker inspect shows it',
          fix: `hand over its file, if the program can read one: secret.file`,
        })
      return { text: parts }
    }
    case 'secret': {
      reader.refuse(path, wouldBeText({ what: describeValue(value, reader.references), isSecret: true }))
      return undefined
    }
    default: {
      reader.misfit(value, path)
      return undefined
    }
  }
}

/** With the number behind the name, so that who speaks of a port changes when its number does. */
function endpoint({ references, report }: Reader, reference: Reference, where: Where): TextPart {
  const service = references.nameOf(reference)
  const port = textIn(reference, 'name')
  const ports = references.portsOf(reference)
  const declared = ports.get(port)
  if (declared === undefined) report.refuse(where, unknownPort(port, { service, ports: [...ports.keys()] }))
  // What is not a port is refused where it is declared: with 0 in its place no document comes out.
  const number =
    isReference(declared) && declared.$ === 'listen' ? references.made(declared).values['port'] : undefined
  return { endpoint: { service, port, container: typeof number === 'number' ? number : 0 } }
}

/** Texts within texts are taken apart. */
function readText(reader: Reader, reference: Reference, uses: Uses): TextPart[] {
  const { values, calls } = reader.references.made(reference)
  const strings = isList(values['strings']) ? values['strings'] : []
  const holes = isList(values['holes']) ? values['holes'] : []
  const where: Where = { calls, path: [] }
  return strings.flatMap((string, index): TextPart[] => {
    const hole = holes[index]
    const plain = typeof string === 'string' ? [string] : []
    return hole === undefined
      ? plain
      : [...plain, ...readHole(reader, hole, within(where, 'holes', String(index)), uses)]
  })
}

function readHole(reader: Reader, hole: Encoded, where: Where, uses: Uses): TextPart[] {
  if (typeof hole === 'string' || typeof hole === 'number' || typeof hole === 'boolean') return [String(hole)]
  if (isReference(hole))
    switch (hole.$) {
      case 'secret':
        return [{ secret: reader.references.nameOf(hole) }]
      case 'port':
        return [endpoint(reader, hole, where)]
      case 'text':
        return readText(reader, hole, uses)
      case 'file': {
        const secret = reader.references.nameOf(hole)
        uses.files.add(secret)
        return [`${secretFolder}/${secret}`]
      }
      default:
        break
    }
  const takes =
    takesAt('text', ['holes']) ?? 'a string, a number, a boolean, a port of a service, a secret or its .file'
  reader.report.refuse(where, wrongValue('text`…`', [], takes, describeValue(hole, reader.references)))
  return []
}

function join(parts: readonly TextPart[]): TextPart[] {
  const joined: TextPart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part === '') continue
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
    else joined.push(part)
  }
  return joined
}
