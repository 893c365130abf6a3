// Makes standard.generated.ts, the standard library that stack programs are checked against, from TypeScript's own lib
// files: what is in `library` and not in `denied`, without comments. Run it with `node src/compiler/library/generate.ts`
// after TypeScript was updated; a test fails when the committed file is not what this makes. Invariant: nothing is in
// the library that the sandbox has not, and nothing that is not the same on every run.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Parts of TypeScript's library, in order. Nothing newer than ES2024, which is what editors are told in `gantry init`. */
const library = [
  'es5',
  'es2015.core',
  'es2015.collection',
  'es2015.symbol',
  'es2015.iterable',
  'es2015.generator',
  'es2015.symbol.wellknown',
  'es2016.array.include',
  'es2017.object',
  'es2017.string',
  'es2018.regexp',
  'es2019.array',
  'es2019.object',
  'es2019.string',
  'es2020.string',
  'es2020.symbol.wellknown',
  'es2021.string',
  'es2022.array',
  'es2022.error',
  'es2022.object',
  'es2022.regexp',
  'es2022.string',
  'es2023.array',
  'es2024.collection',
  'es2024.object',
  'es2024.string',
] as const

/** Names at the top level, or `Interface.member`. A name takes its interfaces, variables and functions with it. */
export const denied: ReadonlySet<string> = new Set([
  // The clock, and the places of the world that differ by language and region.
  'Date',
  'DateConstructor',
  'Intl',
  'Array.toLocaleString',
  'ReadonlyArray.toLocaleString',
  'Object.toLocaleString',
  'Number.toLocaleString',
  'String.localeCompare',
  'String.toLocaleLowerCase',
  'String.toLocaleUpperCase',
  // Chance.
  'Math.random',
  // A stack is evaluated in one go: nothing can be awaited.
  'Promise',
  'PromiseLike',
  'PromiseConstructorLike',
  'PromiseConstructor',
  'Awaited',
  // Code from text.
  'eval',
  'FunctionConstructor',
  'var Function',
  'escape',
  'unescape',
  // Of promises.
  'AggregateError',
  'AggregateErrorConstructor',
  // Whether something was collected is not the same on every run.
  'WeakRef',
  'WeakRefConstructor',
  // Bytes: a stack describes, it does not compute on buffers.
  'ArrayBuffer',
  'ArrayBufferConstructor',
  'ArrayBufferLike',
  'ArrayBufferTypes',
  'ArrayBufferView',
  'DataView',
  'DataViewConstructor',
  'Atomics',
  'SharedArrayBuffer',
  ...[
    'BigInt64',
    'BigUint64',
    'Int8',
    'Uint8',
    'Uint8Clamped',
    'Int16',
    'Uint16',
    'Int32',
    'Uint32',
    'Float32',
    'Float64',
  ].flatMap((each) => [`${each}Array`, `${each}ArrayConstructor`]),
  // Ways around the types.
  'Symbol.toString',
  'Symbol.valueOf',
  'Symbol.__@toPrimitive',
  'Symbol.__@toStringTag',
  'Symbol.description',
  'Error.stack',
  // Replaced below.
  'JSON',
  'var JSON',
  'StringConstructor.()',
  // What the last match of any regular expression was: state that everything shares.
  ...[
    '$1',
    '$2',
    '$3',
    '$4',
    '$5',
    '$6',
    '$7',
    '$8',
    '$9',
    '$_',
    '$&',
    '$+',
    '$`',
    "$'",
    'input',
    'lastMatch',
    'lastParen',
    'leftContext',
    'rightContext',
  ].map((each) => `RegExpConstructor.${each}`),
  // Of the old library for scripts.
  'ActiveXObject',
  'String.substr',
  ...[
    'anchor',
    'big',
    'blink',
    'bold',
    'fixed',
    'fontcolor',
    'fontsize',
    'italics',
    'link',
    'small',
    'strike',
    'sub',
    'sup',
  ].map((each) => `String.${each}`),
])

/** Text out of a handle is refused here by type, as `${…}` and + are by the brand. */
const additions = `
type __TextOf<T> = T extends symbol ? "✗ it has no text while the plan is made: use text\`…\`" : T;
interface StringConstructor { <T>(value?: __TextOf<T>): string; }
interface JSON {
  parse(text: string, reviver?: (this: any, key: string, value: any) => any): any;
  stringify<T>(value: __TextOf<T>, replacer?: ((this: any, key: string, value: any) => any) | (number | string)[] | null, space?: string | number): string;
}
declare var JSON: JSON;
`

/** The text of the library's declarations. */
export function generateLibrary(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('typescript'))
  const printer = ts.createPrinter({ removeComments: true })
  const parts = library.map((name) => {
    const text = readFileSync(join(folder, `lib.${name}.d.ts`), 'utf8')
    const file = ts.createSourceFile(`${name}.d.ts`, text, ts.ScriptTarget.Latest, true)
    const kept = file.statements.flatMap((statement) => keep(statement) ?? [])
    return kept.map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, file)).join('\n')
  })
  return `${parts.join('\n')}${additions}`.replaceAll('\r', '').replaceAll(/^ +/gm, ' ')
}

function keep(statement: ts.Statement): ts.Statement | undefined {
  if (ts.isInterfaceDeclaration(statement)) {
    const name = statement.name.text
    if (denied.has(name) || mentionsDenied(statement.heritageClauses ?? [])) return undefined
    const members = statement.members.filter((member) => !isDenied(name, member))
    if (members.length === 0 && statement.members.length > 0 && !needed.has(name)) return undefined
    return ts.factory.updateInterfaceDeclaration(
      statement,
      statement.modifiers,
      statement.name,
      statement.typeParameters,
      statement.heritageClauses,
      members,
    )
  }
  if (ts.isVariableStatement(statement)) {
    const [declaration] = statement.declarationList.declarations
    const name = declaration && ts.isIdentifier(declaration.name) ? declaration.name.text : ''
    return denied.has(name) || denied.has(`var ${name}`) ? undefined : statement
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  )
    return statement.name && denied.has(statement.name.text) ? undefined : statement
  return statement
}

/** The checker looks them up even when they are empty. */
const needed: ReadonlySet<string> = new Set(['Symbol'])

function isDenied(owner: string, member: ts.TypeElement): boolean {
  if (ts.isCallSignatureDeclaration(member) && denied.has(`${owner}.()`)) return true
  if (member.name && denied.has(`${owner}.${memberName(member.name)}`)) return true
  return mentionsDenied([member])
}

function memberName(name: ts.PropertyName): string {
  if (ts.isComputedPropertyName(name))
    return ts.isPropertyAccessExpression(name.expression) ? `__@${name.expression.name.text}` : '?'
  return 'text' in name ? name.text : '?'
}

/** What is denied as a type goes with everything that speaks of it. */
function mentionsDenied(nodes: readonly ts.Node[]): boolean {
  const mentions = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && isReference(node) && denied.has(node.text) && node.text !== 'JSON') ||
    ts.forEachChild(node, mentions) === true
  return nodes.some(mentions)
}

function isReference(node: ts.Identifier): boolean {
  return (
    (ts.isTypeReferenceNode(node.parent) && node.parent.typeName === node) ||
    (ts.isQualifiedName(node.parent) && node.parent.left === node) ||
    (ts.isExpressionWithTypeArguments(node.parent) && node.parent.expression === node)
  )
}

/** The text of standard.generated.ts. */
export function generateFile(): string {
  return `// Generated by generate.ts from the lib files of TypeScript ${ts.version}: do not edit.
// prettier-ignore
export const standardLibrary = ${JSON.stringify(generateLibrary())}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('./standard.generated.ts', import.meta.url), generateFile())
