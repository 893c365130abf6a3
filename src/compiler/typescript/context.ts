// What is known about a place in a program: which call of gantry's words it is in and where, what a handle was made by,
// which ports stand behind an expression. Invariant: it only reads; nothing here knows a message.

import type ts from 'typescript'
import type { Diagnostic, Span } from '../../model/index.ts'
import { positionsIn } from '../positions.ts'
import type { ArgumentPath } from '../sites.ts'
import { aliasedWord, calleeOf, constantOf, gantryWord, skipOuter, symbolOf } from './collect.ts'
import type { CallLike, Collector } from './collect.ts'

export interface ArgumentPlace {
  readonly call: CallLike
  readonly word: string
  /** The name of what is declared, when it is written as a literal. */
  readonly name: string | undefined
  readonly path: ArgumentPath
}

/** The call of one of gantry's words in whose arguments `node` stands, and the path to it; undefined outside of any. */
export function pathTo(collector: Collector, node: ts.Node): ArgumentPlace | undefined {
  const { ts } = collector
  const path: string[] = []
  for (let at = node; !ts.isSourceFile(at.parent); at = at.parent) {
    const { parent } = at
    if (ts.isCallExpression(parent) || ts.isTaggedTemplateExpression(parent)) {
      const word = wordCalled(collector, parent)
      const argument = ts.isCallExpression(parent) ? parent.arguments.findIndex((each) => each === at) : -1
      if (word === null) return undefined
      if (argument >= 0) path.unshift(String(argument))
      else if (path[0] !== 'holes') path.length = 0
      return { call: parent, word, name: nameIn(collector, parent), path }
    }
    if (ts.isPropertyAssignment(parent) || ts.isShorthandPropertyAssignment(parent)) {
      if (ts.isComputedPropertyName(parent.name)) path.length = 0
      else path.unshift(parent.name.text)
    } else if (ts.isArrayLiteralExpression(parent))
      path.unshift(String(parent.elements.findIndex((each) => each === at)))
    else if (ts.isSpreadElement(parent)) path.length = 0
    else if (ts.isTemplateSpan(parent)) {
      path.length = 0
      if (ts.isTaggedTemplateExpression(parent.parent.parent))
        path.push('holes', String(parent.parent.templateSpans.indexOf(parent)))
    } else if (ts.isTemplateExpression(parent)) continue
    else if (ts.isFunctionLike(parent) || ts.isBlock(parent) || ts.isStatement(parent)) return undefined
    else if (ts.isPropertyAccessExpression(parent) || ts.isBinaryExpression(parent)) path.length = 0
  }
  return undefined
}

function wordCalled(collector: Collector, call: CallLike): string | null {
  const callee = skipOuter(collector, calleeOf(call))
  const symbol = symbolOf(collector, callee)
  return (symbol && gantryWord(collector, symbol)) ?? aliasedWord(collector, callee)
}

function nameIn({ ts }: Collector, call: CallLike): string | undefined {
  const first = ts.isCallExpression(call) ? call.arguments[0] : undefined
  return first && ts.isStringLiteralLike(first) ? first.text : undefined
}

const declaring: ReadonlySet<string> = new Set([
  'service',
  'job',
  'cron',
  'volume',
  'secret',
  'config',
  'ingress',
  'stack',
])
const templates: ReadonlySet<string> = new Set(['text', 'place', 'every', 'gate'])

function article(word: string): string {
  return /^[aeiou]/.test(word) ? 'an' : 'a'
}

/** `service 'db'`, `http()`, `text`. */
export function subjectOf({ word, name }: Pick<ArgumentPlace, 'word' | 'name'>): string {
  if (declaring.has(word)) return name === undefined ? `${article(word)} ${word}` : `${word} '${name}'`
  return templates.has(word) ? `${word}\`…\`` : `${word}()`
}

/** Whether a word stands before a template and is no function. */
export function isTemplateWord(word: string): boolean {
  return word !== 'every' && templates.has(word)
}

/** The value of the property or constant whose name is marked; TypeScript marks the name where the value is meant. */
export function mismatchedArgument({ ts }: Collector, node: ts.Node): ts.Node {
  if (ts.isVariableDeclaration(node.parent) && node.parent.name === node)
    return node.parent.initializer ?? node
  return ts.isPropertyAssignment(node.parent) && node.parent.name === node ? node.parent.initializer : node
}

export interface DescribedHandle {
  /** `secret 'token'`, `the address of port 'pg' of service 'db'`. */
  readonly what: string
  readonly isSecret: boolean
  /** Name of its type: `PortRef`. */
  readonly kind: string
}

/** Types of 'gantry' that have no text, by name. A single word is followed by the name of what is declared. */
const handleNames: Readonly<Record<string, string>> = {
  Secret: 'secret',
  SecretFile: "the path of a secret's file",
  SecretEnv: 'the value of a secret',
  PortRef: "the address of a service's port",
  PortHost: "the host of a service's port",
  PortNumber: "the number of a service's port",
  Text: 'a text with references',
  Volume: 'volume',
  ReadOnlyVolume: 'a read-only volume',
  Config: 'config',
  Service: 'service',
  Job: 'job',
  Cron: 'cron',
  Ingress: 'ingress',
  Stack: 'stack',
  Port: 'a port',
  Build: 'a build',
  Placement: 'a placement',
  Scaling: 'a scaling policy',
  Schedule: 'a schedule',
  Gate: 'a gate',
  Route: 'a route',
  Input: 'an input',
}

/** What of a port the types of its handles are. */
const halves: Readonly<Record<string, string>> = {
  PortRef: 'address',
  PortHost: 'host',
  PortNumber: 'number',
}

/** Types of 'gantry' that values of the program are given by, in words. */
const takenNames: Readonly<Record<string, string>> = {
  Image: "an image such as 'postgres:17', or build('./folder')",
  Size: "a size such as '512Mi' or '1.5Gi'",
  Cpu: "cores such as '250m' or '2'",
  Duration: "a time such as '30s' or '5m'",
  Percent: "a share such as '25%'",
  Protocol: "'tcp', 'udp', 'http' or 'grpc'",
  Access: "'single-writer', 'per-replica', 'shared' or 'read-only'",
  Mounts: 'an object of volumes by path',
  Ports: 'an object of ports by name',
  EnvValue:
    'a string, a number, a boolean, text`…`, the port of a service, or the .file (or .env) of a secret',
  TextHole: 'a string, a number, a boolean, text`…`, the port of a service, a secret or its .file',
  TemplateStringsArray: 'a template',
}

function nameInWords(name: string): string | undefined {
  const words = Object.hasOwn(handleNames, name) ? handleNames[name] : undefined
  if (words !== undefined) return /^\w+$/.test(words) ? `${article(words)} ${words}` : words
  return Object.hasOwn(takenNames, name) ? takenNames[name] : undefined
}

/** A type of gantry's, or a choice with one in it, in words; undefined for the program's own. */
export function typeInWords(collector: Collector, type: ts.Type): string | undefined {
  const { ts, checker } = collector
  const { symbol } = type as { symbol?: ts.Symbol } // declared as always there, which it is not
  const alias = type.aliasSymbol ?? symbol
  if (alias?.declarations?.some((each) => collector.isGantry(each.getSourceFile())))
    return nameInWords(alias.name)
  if (!type.isUnion()) return undefined
  const words = type.types.map((each) => typeInWords(collector, each))
  if (words.every((each) => each === undefined)) return undefined
  const isNothing = (each: ts.Type): boolean =>
    (each.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) !== 0
  const parts = type.types.map((each, index) => words[index] ?? checker.typeToString(each))
  // Nothing comes last: it is what is mostly overlooked.
  return [
    ...new Set([...parts.filter((_, at) => !type.types.slice(at, at + 1).some(isNothing)), ...parts]),
  ].join(' or ')
}

/** The names of gantry's types in a sentence of TypeScript's, in words. */
export function withoutTypeNames(text: string): string {
  return text.replaceAll(/type '(\w+)(?:<[^']*>)?'/g, (whole, name: string) => nameInWords(name) ?? whole)
}

/** What a handle is, by its type and by the call that made it; undefined when the expression is none. */
export function describeHandle(collector: Collector, node: ts.Expression): DescribedHandle | undefined {
  const { ts, checker } = collector
  const type = checker.getTypeAtLocation(node)
  // Kinds with a brand of symbols are aliases, the others interfaces.
  const { symbol } = type as { symbol?: ts.Symbol } // declared as always there, which it is not
  const alias = type.aliasSymbol ?? symbol
  if (!alias?.declarations?.some((each) => collector.isGantry(each.getSourceFile()))) return undefined
  const what = Object.hasOwn(handleNames, alias.name) ? handleNames[alias.name] : undefined
  if (what === undefined) return undefined
  const kind = alias.name
  const isSecret = kind === 'Secret' || kind === 'SecretEnv'
  const written = skipOuter(collector, node)
  const made = ts.isIdentifier(written) ? constantOf(collector, written) : written
  const name = made && ts.isCallExpression(made) ? nameIn(collector, made) : undefined
  if (name !== undefined && /^\w+$/.test(what)) return { what: `${what} '${name}'`, isSecret, kind }
  const half = Object.hasOwn(halves, kind) ? halves[kind] : undefined
  const port = kind === 'PortRef' ? written : innerOf(collector, written)
  if (half !== undefined && port && ts.isPropertyAccessExpression(port)) {
    const ports = portsBehind(collector, port.expression)
    if (ports)
      return { what: `the ${half} of port '${port.name.text}' of service '${ports.service}'`, isSecret, kind }
  }
  return { what: /^\w+$/.test(what) ? `${article(what)} ${what}` : what, isSecret, kind }
}

/** `x.ports.pg` of `x.ports.pg.host`. */
function innerOf(collector: Collector, node: ts.Expression): ts.Expression | undefined {
  return collector.ts.isPropertyAccessExpression(node) ? skipOuter(collector, node.expression) : undefined
}

export interface PortsBehind {
  readonly service: string
  readonly ports: readonly string[]
  readonly related?: Diagnostic['related']
}

/** The ports of the service that `x.ports` belongs to; undefined when the expression is something else. */
export function portsBehind(collector: Collector, node: ts.Expression): PortsBehind | undefined {
  const { ts, checker } = collector
  const written = skipOuter(collector, node)
  if (!ts.isPropertyAccessExpression(written) || written.name.text !== 'ports') return undefined
  const alias = checker.getTypeAtLocation(written.expression).aliasSymbol
  if (
    alias?.name !== 'Service' ||
    !alias.declarations?.some((each) => collector.isGantry(each.getSourceFile()))
  )
    return undefined
  const ports = checker.getPropertiesOfType(checker.getTypeAtLocation(written)).map((each) => each.name)
  const owner = skipOuter(collector, written.expression)
  const made = ts.isIdentifier(owner) ? constantOf(collector, owner) : owner
  if (!made || !ts.isCallExpression(made)) return { service: owner.getText(), ports }
  const service = nameIn(collector, made) ?? owner.getText()
  const options = made.arguments[1]
  const declared =
    options && ts.isObjectLiteralExpression(options)
      ? options.properties.find(
          (each) => each.name && ts.isIdentifier(each.name) && each.name.text === 'ports',
        )
      : undefined
  if (!declared) return { service, ports }
  const source = declared.getSourceFile()
  const value = ts.isPropertyAssignment(declared) ? declared.initializer : declared
  const path = source.fileName.slice(source.fileName.indexOf('/', 1) + 1)
  const span = positionsIn(path, source.text).spanOf(value.getStart(source), value.end)
  return { service, ports, related: [{ span, label: 'declared here' }] }
}

/** How many constants are followed in search of a circle. */
const circleLimit = 200

/**
 * The declaration further down that `node` names, when it depends in turn on the one that `node` stands in. `span` is
 * the place there.
 */
export function circleThrough(
  collector: Collector,
  node: ts.Node,
): { subject: string; span: Span } | undefined {
  const { ts } = collector
  const own = enclosingConstant(collector, node)
  if (!own || !ts.isIdentifier(node)) return undefined
  const named = constantOf(collector, node)
  const queue = named ? [named] : []
  const seen = new Set<ts.Expression>()
  for (let next = queue.shift(); next && seen.size < circleLimit; next = queue.shift()) {
    if (seen.has(next)) continue
    seen.add(next)
    for (const each of identifiersIn(collector, next)) {
      const made = constantOf(collector, each)
      if (made === own && named && ts.isCallExpression(named)) {
        const source = each.getSourceFile()
        const path = source.fileName.slice(source.fileName.indexOf('/', 1) + 1)
        const span = positionsIn(path, source.text).spanOf(each.getStart(source), each.end)
        return {
          subject: subjectOf({ word: wordCalled(collector, named) ?? '', name: nameIn(collector, named) }),
          span,
        }
      }
      if (made) queue.push(made)
    }
  }
  return undefined
}

/** What the constant is declared with in whose declaration `node` stands. */
function enclosingConstant({ ts }: Collector, node: ts.Node): ts.Expression | undefined {
  for (let at = node; !ts.isSourceFile(at); at = at.parent)
    if (ts.isVariableDeclaration(at)) return at.initializer
  return undefined
}

function identifiersIn({ ts }: Collector, root: ts.Node): ts.Identifier[] {
  const found: ts.Identifier[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(root)
  return found
}
