// Expressions to text, laid out as prettier does with two spaces, single quotes and no semicolons. Invariant: what is
// printed is read back as the same values by TypeScript: quotes, backslashes, backticks, `${`, line ends and signs that
// steer a terminal are escaped, and a name is an identifier or an assertion fails.

import { assert } from '../model/index.ts'
import type { Expr, Field } from './code.ts'

export const lineWidth = 110

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** `column` is where the text begins, `indent` that of its line, `after` how many signs follow on its last line. */
export function print(expr: Expr, indent: number, column: number, after: number): string {
  const flat = printFlat(expr)
  if (!mustBreak(expr) && column + flat.length + after <= lineWidth) return flat
  switch (expr.kind) {
    case 'object':
      return printFields(expr.fields, indent)
    case 'array':
      return expr.items.length === 0 ? '[]' : bracket('[', expr.items, ']', indent)
    case 'call':
      return printCall(expr, indent, column, after)
    case 'choice':
      return [
        printFlat(expr.test),
        `${spaces(indent + 2)}? ${print(expr.yes, indent + 4, indent + 4, 0)}`,
        `${spaces(indent + 2)}: ${print(expr.no, indent + 4, indent + 4, after)}`,
      ].join('\n')
    case 'string':
    case 'number':
    case 'boolean':
    case 'name':
    case 'member':
    case 'template':
    case 'binary':
    case 'cast':
    case 'later':
      return flat
  }
}

function printCall(expr: Expr & { kind: 'call' }, indent: number, column: number, after: number): string {
  const callee = printFlat(expr.callee)
  const last = expr.args.at(-1)
  if (!last) return `${callee}()`
  const before = expr.args.slice(0, -1)
  const opening = `${callee}(${before.map((arg) => `${printFlat(arg)}, `).join('')}`
  const canHug = last.kind === 'object' && last.fields.length > 0 && !before.some(mustBreak)
  if (canHug && column + opening.length + 1 <= lineWidth)
    return `${opening}${print(last, indent, column + opening.length, after + 1)})`
  return `${callee}${bracket('(', expr.args, ')', indent)}`
}

function bracket(open: string, items: readonly Expr[], close: string, indent: number): string {
  const inner = indent + 2
  const lines = items.map((item) => `${spaces(inner)}${print(item, inner, inner, 1)},`)
  return [open, ...lines, `${spaces(indent)}${close}`].join('\n')
}

function printFields(fields: readonly Field[], indent: number): string {
  if (fields.length === 0) return '{}'
  const inner = indent + 2
  const lines = fields.map((field) => `${spaces(inner)}${printField(field, inner)},`)
  return ['{', ...lines, `${spaces(indent)}}`].join('\n')
}

function printField({ key, value }: Field, indent: number): string {
  const shown = printKey(key)
  if (value.kind === 'name' && value.name === key && shown === key) return key
  const start = `${shown}: `
  const text = print(value, indent, indent + start.length, 1)
  const isTooLong = value.kind === 'string' && indent + start.length + text.length + 1 > lineWidth
  // Prettier moves a long text below its key, unless that would gain nothing.
  if (isTooLong && shown.length > 2) return `${shown}:\n${spaces(indent + 2)}${text}`
  return start + text
}

/** On one line. */
export function printFlat(expr: Expr): string {
  switch (expr.kind) {
    case 'string':
      return quote(expr.value)
    case 'number':
      return String(expr.value)
    case 'boolean':
      return String(expr.value)
    case 'name':
      assert(identifier.test(expr.name), () => `${JSON.stringify(expr.name)} is no identifier`)
      return expr.name
    case 'member':
      return identifier.test(expr.name)
        ? `${printFlat(expr.of)}.${expr.name}`
        : `${printFlat(expr.of)}[${quote(expr.name)}]`
    case 'object':
      if (expr.fields.length === 0) return '{}'
      return `{ ${expr.fields
        .map(({ key, value }) => {
          const shown = printKey(key)
          return value.kind === 'name' && value.name === key && shown === key
            ? key
            : `${shown}: ${printFlat(value)}`
        })
        .join(', ')} }`
    case 'array':
      return `[${expr.items.map(printFlat).join(', ')}]`
    case 'call':
      return `${printFlat(expr.callee)}(${expr.args.map(printFlat).join(', ')})`
    case 'template':
      return `${expr.tag ?? ''}\`${expr.pieces
        .map((piece) => (typeof piece === 'string' ? escapeTemplate(piece) : `\${${printFlat(piece)}}`))
        .join('')}\``
    case 'choice':
      return `${printFlat(expr.test)} ? ${printFlat(expr.yes)} : ${printFlat(expr.no)}`
    case 'binary': {
      const side = (each: Expr) => (each.kind === 'choice' ? `(${printFlat(each)})` : printFlat(each))
      return `${side(expr.left)} ${expr.operator} ${side(expr.right)}`
    }
    case 'cast':
      return `${printFlat(expr.value)} as ${expr.type}`
    case 'later':
      throw new Error('an expression was printed before it was settled')
  }
}

/** Objects that were asked to be open, and lists of several objects, which prettier never puts on one line. */
function mustBreak(expr: Expr): boolean {
  switch (expr.kind) {
    case 'object':
      return (expr.isOpen && expr.fields.length > 0) || expr.fields.some(({ value }) => mustBreak(value))
    case 'array':
      return (
        expr.items.some(mustBreak) ||
        (expr.items.length > 1 &&
          (expr.items.every((item) => item.kind === 'object' && item.fields.length > 1) ||
            expr.items.every((item) => item.kind === 'array' && item.items.length > 1)))
      )
    case 'call':
      return expr.args.some(mustBreak)
    case 'string':
    case 'number':
    case 'boolean':
    case 'name':
    case 'member':
    case 'template':
    case 'choice':
    case 'binary':
    case 'cast':
    case 'later':
      return false
  }
}

function printKey(key: string): string {
  // As a plain key it would set the prototype.
  if (key === '__proto__') return "['__proto__']"
  return identifier.test(key) ? key : quote(key)
}

/** Whatever could end a line, steer a terminal or turn the direction of writing, and halves of pairs. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

function escapeChar(char: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char]
  return short ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function escapeUnsafe(text: string): string {
  return text.replaceAll(unsafe, escapeChar).replaceAll(loneSurrogate, escapeChar)
}

/** A string literal, in the quotes that need fewer backslashes. */
export function quote(value: string): string {
  const singles = value.split("'").length
  const doubles = value.split('"').length
  const mark = singles > doubles ? '"' : "'"
  return mark + escapeUnsafe(value.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`)) + mark
}

function escapeTemplate(text: string): string {
  return escapeUnsafe(text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${'))
}

/** A text as it may stand in a `//` comment. */
export function commentText(text: string): string {
  return escapeUnsafe(text)
}

function spaces(count: number): string {
  return ' '.repeat(count)
}
