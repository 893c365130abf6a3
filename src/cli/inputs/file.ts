// Inputs of a stack from a file: JSON, YAML or lines of NAME=value, told apart by the file's name. Invariant: a value is
// the text that was written; `1.10` stays `1.10`, and only what an input can be (text, number, true, false) is taken.

import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { exitCodes, Fault, messageOf } from '../../model/index.ts'

const limitBytes = 1024 * 1024

/** Values by name. Throws a Fault with exit 64 when the file cannot be read or is not of its form. */
export async function readInputsFile(file: string, cwd: string): Promise<Record<string, string>> {
  const refuse = (why: string, fix: string): Fault =>
    new Fault({ what: `cannot take inputs from ${file}`, why, fix, exit: exitCodes.usage })
  let text: string
  try {
    text = readFileSync(resolve(cwd, file), 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw refuse(isMissing ? 'no such file' : messageOf(error), 'name a JSON, YAML or .env file')
  }
  if (text.length > limitBytes)
    throw refuse('it is larger than 1 MiB', 'give large texts with --input name=@file')
  const name = basename(file)
  try {
    if (/\.(json|ya?ml)$/i.test(name)) return await parseStructured(text)
    if (/^\.env(\..+)?$|\.env$/i.test(name)) return parseEnv(text)
  } catch (error) {
    if (error instanceof WrongForm) throw refuse(error.message, 'write name: value, one a line')
    throw error
  }
  throw refuse('its name does not say what it is', 'call it NAME.json, NAME.yaml or NAME.env')
}

class WrongForm extends Error {}

/** Of JSON and YAML 1.2, which JSON is part of. */
export async function parseStructured(text: string): Promise<Record<string, string>> {
  const { isAlias, isMap, isScalar, LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const [wrong] = document.errors
  const lineAt = (offset: number) => `line ${lines.linePos(offset).line}`
  if (wrong) throw new WrongForm(`${lineAt(wrong.pos[0])}: ${wrong.message}`)
  const { contents } = document
  if (contents === null) return {}
  if (!isMap(contents)) throw new WrongForm('it is not a list of names with values')
  const values = new Map<string, string>()
  for (const { key, value } of contents.items) {
    if (!isScalar(key)) throw new WrongForm('a name is a text')
    const name = typeof key.value === 'string' ? key.value : key.source
    const at = `${lineAt(key.range[0])}: `
    const scalar = isAlias(value) ? value.resolve(document) : value
    if (!isScalar(scalar) || !['string', 'number', 'boolean', 'bigint'].includes(typeof scalar.value))
      throw new WrongForm(`${at}the value of ${name} is not a text, a number, true or false`)
    values.set(
      name,
      typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value)),
    )
  }
  return Object.fromEntries(values)
}

/** Lines of NAME=value; `#` begins a comment line, `export` may stand in front, quotes around a value are taken off. */
export function parseEnv(text: string): Record<string, string> {
  const values = new Map<string, string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, name, value = ''] = /^(?:export\s+)?([A-Za-z][\w-]*)\s*=\s*(.*)$/.exec(trimmed) ?? []
    if (name === undefined) throw new WrongForm(`line ${index + 1} is not of the form NAME=value`)
    if (values.has(name)) throw new WrongForm(`line ${index + 1} gives ${name} a second time`)
    values.set(name, unquoted(value))
  }
  return Object.fromEntries(values)
}

function unquoted(value: string): string {
  const quote = value[0]
  if (value.length < 2 || value.at(-1) !== quote || (quote !== '"' && quote !== "'")) return value
  const inner = value.slice(1, -1)
  if (quote === "'") return inner
  return inner.replaceAll(/\\([nrt"\\])/g, (_, escape: string) => escapes[escape] ?? escape)
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
