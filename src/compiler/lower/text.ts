// Texts with references in them, and the variables that hold them. Invariant: neighbouring plain pieces are one, and
// empty ones are gone, so that equal texts are equal documents; a secret's value is never a piece, only its name.

import type { EnvValue, Reach, TextPart } from '../../model/index.ts'
import { isList, isObject, isReference, membersOf, textIn } from '../sandbox/opened.ts'
import type { Encoded, Reference } from '../sandbox/opened.ts'
import { unknownPort, wouldBeText, wrongValue } from '../words.ts'
import type { Reader } from './reader.ts'
import { describeValue } from './references.ts'
import type { References } from './references.ts'
import { within } from './report.ts'
import type { Where } from './report.ts'

/** Ports that a task talks to: what it refers to, and what it names. */
export class Reaching {
  readonly #reaches = new Map<string, Reach>()

  add(reach: Reach): void {
    this.#reaches.set(keyOf(reach), reach)
  }

  /** Sorted; a port of a service that is reached as a whole is not named beside it. */
  sorted(): Reach[] {
    return [...this.#reaches.entries()]
      .filter(([, { service, port }]) => port === undefined || !this.#reaches.has(keyOf({ service })))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, reach]) => reach)
  }
}

/** A name has no blank in it. */
function keyOf({ service, port = '' }: Reach): string {
  return `${service} ${port}`
}

/** What a container refers to beside its own options. */
export interface Uses {
  /** Names of secrets whose files are mounted. */
  readonly files: Set<string>
  readonly reaching: Reaching
}

export const secretFolder = '/run/secrets'

const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/

export function readEnv(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
  uses: Uses,
): Record<string, EnvValue> {
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
    if (read && 'text' in read) checkLength(reader, at, read.text)
    return read ? [[name, read]] : []
  })
  return Object.fromEntries(entries)
}

/** The kernel's MAX_ARG_STRLEN: NAME=value and the NUL behind it. */
const longestVariable = 128 * 1024

/** What stands in for references is not counted: it is known where the task runs. */
function checkLength(reader: Reader, path: readonly string[], parts: readonly TextPart[]): void {
  const name = path.at(-1) ?? ''
  const plain = [name, ...parts.filter((part) => typeof part === 'string')]
  const length = plain.reduce((sum, part) => sum + Buffer.byteLength(part), 2)
  if (length > longestVariable)
    reader.refuse(path, {
      code: 'GT2109',
      summary: `${name} of ${reader.subject} has ${Math.ceil(length / 1024)} KiB, and a variable has at most 128 KiB`,
      fix: 'hand it over as a file: configs',
    })
}

function readVariable(
  reader: Reader,
  value: Encoded,
  path: readonly string[],
  uses: Uses,
): EnvValue | undefined {
  if (typeof value === 'string') {
    const text = reader.string(value, path)
    return text === undefined ? undefined : { text: joinParts([text]) }
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
    case 'env': {
      const secret = reader.references.nameOf(value)
      warnOfSecret(reader, secret, path)
      return { text: [{ secret }] }
    }
    case 'port':
    case 'host':
    case 'number':
      return { text: [address(reader, value, reader.at(path), uses)] }
    case 'output':
      return { text: [output(reader, value)] }
    case 'text': {
      const parts = joinParts(readText(reader, value, uses))
      for (const part of parts)
        if (typeof part === 'object' && 'secret' in part) {
          warnOfSecret(reader, part.secret, path)
          break
        }
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

function warnOfSecret(reader: Reader, secret: string, path: readonly string[]): void {
  reader.report.warn(reader.at(path), {
    code: 'GT4001',
    summary: `${path.at(-1) ?? ''} of ${reader.subject} holds the value of secret '${secret}'`,
    label: 'docker inspect shows it',
    fix: `hand over its file, if the program can read one: secret.file`,
  })
}

/** What another stack hands out; whether it does is asked when the plan is made. */
function output({ references }: Reader, reference: Reference): TextPart {
  const { stack } = references.made(reference).values
  return { output: { stack: typeof stack === 'string' ? stack : '', name: textIn(reference, 'name') } }
}

/** An address or its half. With the number behind the name, so that who speaks of it changes when it does. */
function address({ references, report }: Reader, reference: Reference, where: Where, uses: Uses): TextPart {
  const service = references.nameOf(reference)
  const port = textIn(reference, 'name')
  const ports = references.portsOf(reference)
  const declared = ports.get(port)
  if (declared === undefined) report.refuse(where, unknownPort(port, { service, ports: [...ports.keys()] }))
  // What is not a port is refused where it is declared: with 0 in its place no document comes out.
  const number =
    isReference(declared) && declared.$ === 'listen' ? references.made(declared).values['port'] : undefined
  uses.reaching.add({ service, port })
  const container = typeof number === 'number' ? number : 0
  switch (reference.$) {
    case 'host':
      return { host: { service, port } }
    case 'number':
      return { portNumber: { service, port, container } }
    default:
      return { endpoint: { service, port, container } }
  }
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

const anyPiece = 'a string, a number, a boolean, text`…`, the port of a service, a secret or its .file'

/** What a hole of a text becomes, or a value that stands for one: of a config's template, of an output. */
export function readHole(reader: Reader, hole: Encoded, where: Where, uses: Uses): TextPart[] {
  const parts = partsOf(reader, hole, where, uses)
  if (parts) return parts
  const found = describeValue(hole, reader.references)
  const isHole = where.path[0] === 'holes'
  const words = isHole
    ? wrongValue('text`…`', [], anyPiece, found)
    : wrongValue(reader.subject, where.path.slice(1), anyPiece, found)
  reader.report.refuse(where, words)
  return []
}

/** Undefined for what no text can hold. */
function partsOf(reader: Reader, hole: Encoded, where: Where, uses: Uses): TextPart[] | undefined {
  if (typeof hole === 'string' || typeof hole === 'number' || typeof hole === 'boolean') return [String(hole)]
  if (isReference(hole))
    switch (hole.$) {
      case 'secret':
        return [{ secret: reader.references.nameOf(hole) }]
      case 'port':
      case 'host':
      case 'number':
        return [address(reader, hole, where, uses)]
      case 'output':
        return [output(reader, hole)]
      case 'text':
        return readText(reader, hole, uses)
      case 'file': {
        const secret = reader.references.nameOf(hole)
        uses.files.add(secret)
        return [`${secretFolder}/${secret}`]
      }
      default:
        return undefined
    }
  return undefined
}

/** Neighbouring plain pieces are one, and empty ones are gone. */
export function joinParts(parts: readonly TextPart[]): TextPart[] {
  const joined: TextPart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part === '') continue
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
    else joined.push(part)
  }
  return joined
}

/** What a config refers to is used by whoever mounts it: ports are talked to, files of secrets are mounted. */
export function useConfig(references: References, config: Reference, uses: Uses): void {
  const { options } = references.declared(config)
  if (!isObject(options) || isReference(options)) return
  const visit = (value: Encoded | undefined): void => {
    if (isList(value)) for (const each of value) visit(each)
    else if (isReference(value))
      switch (value.$) {
        case 'port':
        case 'host':
        case 'number':
          uses.reaching.add({ service: references.nameOf(value), port: textIn(value, 'name') })
          return
        case 'file':
          uses.files.add(references.nameOf(value))
          return
        case 'text':
          visit(references.made(value).values['holes'])
          return
        default:
          return
      }
    else if (isObject(value)) for (const [, each] of membersOf(value)) visit(each)
  }
  visit(options['content'])
  visit(options['values'])
}
