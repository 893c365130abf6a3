// The reference of the language in docs/words.md, made from src/dsl/index.ts: each word with its doc comment, and each
// set of options with the type and the comment of every field. scripts/words-table.ts writes it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const file = join(import.meta.dirname, '../../src/dsl/index.ts')

export interface WordsTable {
  readonly text: string
  /** Names of the functions that a stack can import. */
  readonly words: readonly string[]
}

export function wordsTable(): WordsTable {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const exported = source.statements.filter(
    (each) =>
      ts.canHaveModifiers(each) &&
      (ts.getModifiers(each) ?? []).some((one) => one.kind === ts.SyntaxKind.ExportKeyword),
  )
  const words = new Map<string, { readonly signatures: string[]; readonly doc: string }>()
  const sections: string[] = []
  for (const each of exported) {
    if (ts.isFunctionDeclaration(each) && each.name) {
      const known = words.get(each.name.text)
      // The last of several signatures is the one that is hidden from callers.
      if (known && each.body) continue
      words.set(each.name.text, {
        signatures: [...(known?.signatures ?? []), signatureOf(each, source)],
        doc: known?.doc ?? docOf(each),
      })
    } else if (ts.isVariableStatement(each))
      for (const { name } of each.declarationList.declarations)
        words.set(name.getText(source), { signatures: [], doc: docOf(each) })
    else if (ts.isInterfaceDeclaration(each) && isOptions(each)) sections.push(optionsOf(each, source))
  }
  const inputs = exported.find(
    (each): each is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(each) && each.name.text === 'InputKinds',
  )
  const rows = [...words]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { doc }]) => `| [\`${name}\`](#${name.toLowerCase()}) | ${cell(firstSentence(doc))} |`)
  const text = [
    heading,
    '## Words',
    ['| word | what it is |', '|---|---|', ...rows].join('\n'),
    ...[...words]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { signatures, doc }]) =>
        [`### ${name}`, signatures.length === 0 ? '' : `\`\`\`ts\n${signatures.join('\n')}\n\`\`\``, doc]
          .filter((part) => part !== '')
          .join('\n\n'),
      ),
    ...(inputs ? ['## Kinds of inputs', methodsOf(inputs, source)] : []),
    '## Options',
    ...sections,
  ].join('\n\n')
  return { text: `${text}\n`, words: [...words.keys()] }
}

const heading = `# The words of the language

Everything that \`import … from 'gantry'\` gives, with all options, their units and defaults. This page is made from
[src/dsl/index.ts](../src/dsl/index.ts), which an editor shows on hover; [language.md](language.md) is the guide.`

/** What is written as an object literal: options and their parts, but no handle. */
function isOptions(node: ts.InterfaceDeclaration): boolean {
  const isBranded = node.members.some(
    (member) => member.name !== undefined && ts.isComputedPropertyName(member.name),
  )
  return !isBranded && node.name.text !== 'InputKinds'
}

function optionsOf(node: ts.InterfaceDeclaration, source: ts.SourceFile): string {
  const bases = (node.heritageClauses ?? []).flatMap((clause) =>
    clause.types.map((type) => type.getText(source)),
  )
  const rows = node.members.flatMap((member) => {
    if (!ts.isPropertySignature(member) || !member.type) return []
    const optional = member.questionToken ? '' : ' (required)'
    return [
      `| \`${member.name.getText(source)}\`${optional} | \`${cell(oneLine(member.type.getText(source)))}\` | ${cell(docOf(member))} |`,
    ]
  })
  const also = bases.length === 0 ? [] : [`And what ${bases.map((base) => `\`${base}\``).join(', ')} has.`]
  return [
    `### ${node.name.text}`,
    ...(docOf(node) === '' ? [] : [docOf(node)]),
    ...(rows.length === 0 ? [] : [['| field | type | |', '|---|---|---|', ...rows].join('\n')]),
    ...also,
  ].join('\n\n')
}

function methodsOf(node: ts.InterfaceDeclaration, source: ts.SourceFile): string {
  const rows = node.members.flatMap((member) =>
    ts.isMethodSignature(member)
      ? [`| \`input.${cell(oneLine(member.getText(source)))}\` | ${cell(docOf(member))} |`]
      : [],
  )
  return ['| kind | |', '|---|---|', ...rows].join('\n')
}

function signatureOf(node: ts.FunctionDeclaration, source: ts.SourceFile): string {
  const text = source.text.slice(node.getStart(source), node.body?.getStart(source) ?? node.end)
  return text.replace(/^export function /, '').trim()
}

/** The comment in front, in one line for each paragraph; `` `` place`…` `` `` stays as it is. */
function docOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  if (!comment) return ''
  return (ts.getTextOfJSDocComment(comment.comment) ?? '').trim()
}

/** As many sentences as say something: "A secret." alone does not. */
function firstSentence(text: string): string {
  return (/^[^]{24,}?(?:[.:](?=\s)|$)/.exec(text)?.[0] ?? text).replace(/:$/, '.')
}

function oneLine(text: string): string {
  return text
    .replaceAll(/\/\*\*[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
}
