// The table of rules in docs/rules.md, made from what proves them: the wrong programs of stacks/, their golden messages
// in diagnostics/ and the table of codes. Pure but for reading those folders. scripts/rules-table.ts writes it.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeGroups, codes } from '../../src/compiler/index.ts'
import type { CodeEntry } from '../../src/compiler/index.ts'
import { supportCodes } from '../../src/control/index.ts'
import type { SupportEntry } from '../../src/control/index.ts'

const stacks = join(import.meta.dirname, 'stacks')
const goldens = join(import.meta.dirname, 'diagnostics')

/** One message of a golden text. */
interface Message {
  readonly code: string
  readonly text: string
  /** Lines of the program that it points at, by file. */
  readonly lines: ReadonlyMap<string, readonly number[]>
}

interface Golden {
  readonly name: string
  readonly messages: readonly Message[]
}

export interface RulesTable {
  readonly text: string
  /** How many wrong programs there are. */
  readonly programs: number
  /** Codes of the compiler that no golden message shows. */
  readonly unproved: readonly string[]
}

export function rulesTable(): RulesTable {
  const all = readdirSync(goldens)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((file): Golden => ({
      name: file.replace(/\.txt$/, ''),
      messages: messagesIn(readFileSync(join(goldens, file), 'utf8')),
    }))
    .filter((golden) => golden.messages.length > 0)
  const table: Readonly<Record<string, CodeEntry>> = codes
  const proved = Object.keys(table)
    .sort()
    .flatMap((code) => {
      const proof = bestProof(code, all)
      const entry = table[code]
      return proof && entry ? [{ code, entry, proof }] : []
    })
  const unproved = Object.keys(table).filter((code) => !proved.some((each) => each.code === code))
  // The same program with other inputs is not another one.
  const programs = all.filter(({ name }) => existsSync(join(stacks, `${name}.stack.ts`))).length
  const text = [
    heading(programs, proved.length),
    ...codeGroups.flatMap(([prefix, title]) => {
      const rules = proved.filter(({ code }) => code.startsWith(prefix))
      return rules.length === 0
        ? []
        : [
            `## ${title}`,
            ['| code | rule | proved by |', '|---|---|---|', ...rules.map((each) => row(each, all))].join(
              '\n',
            ),
            ...rules.map(section),
          ]
    }),
    clusterSection(supportCodes),
  ].join('\n\n')
  return { text: `${text}\n`, programs, unproved }
}

const heading = (programs: number, rules: number): string => `# The rules

Every rule of the language: one wrong program, what gantry says of it, and what to write instead. \`gantry explain CODE\`
has the same texts. This page is made from the tests that prove the rules (\`npm run golden\`), so it cannot say what they
do not: **${programs} wrong programs prove ${rules} rules**, each message at its line and column. The programs are in
[test/golden/stacks](../test/golden/stacks), all that is said of each in
[test/golden/diagnostics](../test/golden/diagnostics).`

interface Proved {
  readonly code: string
  readonly entry: CodeEntry
  readonly proof: Proof
}

interface Proof {
  readonly golden: Golden
  readonly message: Message
}

/** The message that is easiest to read: of a program with few mistakes, short. */
function bestProof(code: string, all: readonly Golden[]): Proof | undefined {
  const candidates = all.flatMap((golden) =>
    golden.messages.filter((each) => each.code === code).map((message) => ({ golden, message })),
  )
  const cost = ({ golden, message }: Proof) =>
    message.text.split('\n').length * 10 +
    golden.messages.length * 3 +
    message.text.length / 200 +
    // A message without a place in the program shows no program.
    (message.lines.size === 0 ? 1000 : 0)
  return candidates.toSorted((a, b) => cost(a) - cost(b) || (a.golden.name < b.golden.name ? -1 : 1))[0]
}

function row({ code, entry }: Proved, all: readonly Golden[]): string {
  const count = all.filter((golden) => golden.messages.some((each) => each.code === code)).length
  return `| [${code}](#${code.toLowerCase()}) | ${entry.title.replaceAll('|', '\\|')} | ${count} program${count === 1 ? '' : 's'} |`
}

function section({ code, entry, proof: { golden, message } }: Proved): string {
  const program = programText(golden, message)
  return [
    `### ${code}`,
    `**${capital(entry.title)}.** ${entry.text}`,
    ...(program === '' ? [] : [fenced('ts', program)]),
    fenced('', message.text),
    ...(entry.right === undefined ? [] : ['Write instead:', fenced('ts', entry.right)]),
  ].join('\n\n')
}

function clusterSection(entries: Readonly<Record<string, SupportEntry>>): string {
  const rows = Object.entries(entries).map(
    ([code, { title, fix, severity }]) =>
      `| ${code} | ${title.replaceAll('|', '\\|')}${severity === 'notice' ? ' (a notice)' : ''} | ${fix.replaceAll('|', '\\|')} |`,
  )
  return [
    '## The cluster',
    'What compiles and this version of the cluster cannot carry out. `gantry plan` refuses it by name, or says it in a notice and goes past it; nothing is dropped in silence.',
    ['| code | what | instead |', '|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A fence that is longer than any in the text. */
function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

function messagesIn(text: string): Message[] {
  return text
    .split(/\n\n(?=(?:error|warning)\[)/)
    .map((each) => each.trimEnd())
    .filter((each) => /^(?:error|warning)\[/.test(each))
    .map((each) => ({ code: /\[(\w+)\]/.exec(each)?.[1] ?? '', text: each, lines: linesIn(each) }))
}

/** From `--> file:line:column` and the numbers in the gutter below it. */
function linesIn(text: string): Map<string, number[]> {
  const found = new Map<string, Set<number>>()
  let file = ''
  for (const line of text.split('\n')) {
    const place = /^ *--> (.+):(\d+):\d+$/.exec(line)
    const gutter = /^ *(\d+) \| /.exec(line)
    if (place) file = place[1] ?? ''
    const number = Number(place?.[2] ?? gutter?.[1] ?? NaN)
    if (file === '' || Number.isNaN(number)) continue
    const numbers = found.get(file) ?? new Set()
    found.set(file, numbers.add(number))
  }
  return new Map([...found].map(([name, numbers]) => [name, [...numbers].sort((a, b) => a - b)]))
}

const widest = 140

/** The lines of the program that the message is about, with dots for what lies between. */
function programText(golden: Golden, { lines }: Message): string {
  return [...lines]
    .map(([file, numbers]) => {
      const source = sourceOf(file)
      if (source === undefined) return ''
      const shown: string[] = []
      let last: number | undefined
      for (const number of numbers) {
        if (last !== undefined && number > last + 1) shown.push('…')
        shown.push(source[number - 1] ?? '')
        last = number
      }
      const name = file === `${golden.name}.stack.ts` ? [] : [`// ${file}`]
      return [...name, ...dedented(shown)].join('\n')
    })
    .filter((text) => text.trim() !== '')
    .join('\n\n')
}

function sourceOf(file: string): string[] | undefined {
  try {
    return readFileSync(join(stacks, file), 'utf8').split(/\r?\n/)
  } catch (error) {
    // Of a standard component, or gone on purpose.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return undefined
    throw error
  }
}

function dedented(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== '' && line !== '…').map((line) => line.search(/\S/))
  const least = Math.min(...indents, Infinity)
  return lines.map((line) => {
    const text = line === '…' ? line : line.slice(Number.isFinite(least) ? least : 0)
    const plain = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')
    return plain.length > widest ? `${plain.slice(0, widest)}…` : plain
  })
}
