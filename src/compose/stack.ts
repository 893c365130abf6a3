// The whole file: facts, translation, and the text of the stack file. Invariant: handles are declared before they are
// used; what was refused stands as a comment where it would have been, so that nobody has to keep the report to know, but
// where so much was that it would hide the service.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import { Configs } from './configs.ts'
import type { ReportEntry } from './ledger.ts'
import { gantryName, gantryNames } from './names.ts'
import { commentText, lineWidth, print, printFlat } from './print.ts'
import { Secrets } from './secrets.ts'
import { surveyService, translateService } from './service.ts'
import type { Declaration, Stores } from './service.ts'
import type { Session } from './session.ts'
import type { Entry, MapNode, Node } from './tree.ts'
import { entryOf, Unreadable } from './tree.ts'
import { mapOf } from './values.ts'
import { Volumes } from './volumes.ts'
import { World } from './world.ts'
import type { ServiceFacts } from './world.ts'

const serviceLimit = 5000
/** Comments before one statement; of more the report tells. */
const commentLimit = 10

interface Statement {
  /** The constant it is kept in. */
  readonly identifier: string | undefined
  readonly value: Expr
  readonly condition: Expr | undefined
  /** Of the Compose file: its comments go before it. */
  readonly path: string | undefined
}

export interface Translated {
  readonly report: readonly ReportEntry[]
  readonly text: string
}

/** Throws Unreadable. */
export function translate(session: Session, root: MapNode, file: string): Translated {
  const sectionOf = (key: string): readonly Entry[] =>
    mapOf(session, entryOf(root, key)?.value)?.entries ?? []
  const services = sectionOf('services')
  const tooMany = services[serviceLimit]
  if (tooMany) throw new Unreadable(tooMany.place, `the file has more than ${serviceLimit} services`)
  const world = new World(session, surveyServices(session, services))
  const stores: Stores = {
    session,
    world,
    secrets: new Secrets(session, sectionOf('secrets')),
    configs: new Configs(session, sectionOf('configs')),
    volumes: new Volumes(session, sectionOf('volumes')),
  }
  const declarations = new Map<ServiceFacts, Declaration>()
  for (const facts of world.services.values()) {
    const declaration = translateService(stores, facts)
    if (declaration) declarations.set(facts, declaration)
  }
  noteNetworks(session, [...declarations.keys()])
  noteRestarts(session, root, [...declarations.keys()])
  const statements: Statement[] = [
    ...[
      ...stores.secrets.declarations(),
      ...stores.configs.declarations(),
      ...stores.volumes.declarations(),
    ].map(({ identifier, value }) => ({ identifier, value, condition: undefined, path: undefined })),
    ...settleServices(world, declarations),
  ]
  const settled = statements.map((each) => ({ ...each, value: code.settle(each.value) ?? each.value }))
  const inputs = code.record([...session.variables.inputs(), ...stores.secrets.inputs()])
  session.variables.tell(session.ledger)
  const report = session.ledger.report(root)
  return { report, text: write(session.stack, file, inputs, settled, report) }
}

function surveyServices(session: Session, entries: readonly Entry[]): ServiceFacts[] {
  const names = gantryNames(
    entries.map(({ key }) => key),
    'service',
  )
  const awaited = new Set(entries.flatMap(({ value }) => completedOf(value)))
  return entries.flatMap(
    (entry) =>
      surveyService(
        session,
        entry,
        names.get(entry.key) ?? gantryName(entry.key, 'service', () => false),
        awaited.has(entry.key),
      ) ?? [],
  )
}

/** Services that this one waits for to complete. */
function completedOf(service: Node): string[] {
  const node = service.kind === 'map' ? entryOf(service, 'depends_on')?.value : undefined
  if (node?.kind !== 'map') return []
  return node.entries.flatMap(({ key, value }) => {
    const condition = value.kind === 'map' ? entryOf(value, 'condition')?.value : undefined
    return condition?.kind === 'scalar' && condition.value === 'service_completed_successfully' ? [key] : []
  })
}

/** Services that share no network could not reach each other, and can now. */
function noteNetworks(session: Session, services: readonly ServiceFacts[]): void {
  const groups = new Map<
    string,
    { readonly networks: ReadonlySet<string>; readonly members: ServiceFacts[] }
  >()
  for (const facts of services) {
    const mode = entryOf(facts.node, 'network_mode')?.value
    if (mode?.kind === 'scalar' && mode.value !== null) continue
    const networks = new Set(networksOf(entryOf(facts.node, 'networks')?.value))
    const id = JSON.stringify([...networks].sort())
    const known = groups.get(id)
    if (known) known.members.push(facts)
    else groups.set(id, { networks, members: [facts] })
  }
  for (const { networks, members } of groups.values()) {
    let first: ServiceFacts | undefined
    let count = 0
    for (const each of groups.values()) {
      if ([...each.networks].some((name) => networks.has(name))) continue
      first ??= each.members[0]
      count += each.members.length
    }
    if (!first) continue
    const more = count > 1 ? ` and ${count - 1} more` : ''
    for (const { node } of members) {
      const entry = entryOf(node, 'networks')
      if (entry)
        session.ledger.lost(
          entry,
          `isolation of networks is not enforced yet: it shares none with '${first.key}'${more}, and can reach and be reached by them`,
          'keep apart what must not meet: in another cluster, or behind a password',
        )
    }
  }
}

function networksOf(node: Node | undefined): string[] {
  const names =
    node?.kind === 'map'
      ? node.entries.map(({ key }) => key)
      : node?.kind === 'list'
        ? node.items.map((item) => (item.kind === 'scalar' ? String(item.value) : ''))
        : []
  return names.length === 0 ? ['default'] : names
}

function noteRestarts(session: Session, root: MapNode, services: readonly ServiceFacts[]): void {
  const silent = services.filter(
    ({ node, isJob }) => !isJob && !node.entries.some(({ key }) => key === 'restart' || key === 'deploy'),
  )
  const entry = entryOf(root, 'services')
  if (entry && silent.length > 0)
    session.ledger.changed(
      entry,
      `Compose leaves ${silent.map(({ key }) => key).join(', ')} alone after an end, for want of a restart; gantry starts a service again`,
      "write restart: 'never' where that is meant",
    )
}

/** In the order of their references; settled from the last to the first, because only users know what is used. */
function settleServices(world: World, declarations: ReadonlyMap<ServiceFacts, Declaration>): Statement[] {
  const inOrder = world.order.flatMap((facts) => declarations.get(facts) ?? [])
  const settled = inOrder.toReversed().map(({ facts, value, condition }): Statement => {
    const known = code.settle(value) ?? value
    return {
      identifier: world.isUsed(facts) ? world.handle(facts) : undefined,
      value: known,
      condition,
      path: facts.entry.path,
    }
  })
  return settled.toReversed()
}

// --- the text ---------------------------------------------------------------------------------------------------

const words = [
  'stack',
  'service',
  'job',
  'volume',
  'secret',
  'config',
  'input',
  'build',
  'http',
  'grpc',
  'tcp',
  'udp',
  'text',
  'place',
] as const

function write(
  stack: string,
  file: string,
  inputs: Expr & { kind: 'object' },
  statements: readonly Statement[],
  report: readonly ReportEntry[],
): string {
  const used = new Set<string>(['stack'])
  for (const { value } of statements) collectWords(value, used)
  collectWords(inputs, used)
  const { opening, indent, closing } = stackCall(stack, inputs)
  const refusals = refusalsByOwner(report, new Set(statements.flatMap(({ path }) => path ?? [])))
  const body = writeBody(statements, refusals, indent)
  return [
    `// Imported from ${commentText(file)} by gantry import compose.`,
    importLine(words.filter((word) => used.has(word))),
    '',
    opening,
    ...body,
    closing,
    '',
  ].join('\n')
}

function importLine(names: readonly string[]): string {
  const line = `import { ${names.join(', ')} } from 'gantry'`
  return line.length <= lineWidth
    ? line
    : `import {\n${names.map((name) => `  ${name},\n`).join('')}} from 'gantry'`
}

/** The call around the body, on one line where its inputs have room. */
function stackCall(
  stack: string,
  inputs: Expr & { kind: 'object' },
): { readonly opening: string; readonly indent: number; readonly closing: string } {
  const names = inputs.fields.map(({ key }) => key)
  const parameter = names.length === 0 ? '()' : `({ ${names.join(', ')} })`
  const name = printFlat(code.string(stack))
  const short = `export default stack(${name}, ${printFlat(inputs)}, ${parameter} => {`
  if (short.length <= lineWidth) return { opening: short, indent: 2, closing: '})' }
  const wide = `  ${parameter} => {`
  const head =
    wide.length <= lineWidth ? wide : `  ({\n${names.map((each) => `    ${each},\n`).join('')}  }) => {`
  const opening = [
    'export default stack(',
    `  ${name},`,
    `  ${print({ ...inputs, isOpen: true }, 2, 2, 1)},`,
    head,
  ].join('\n')
  return { opening, indent: 4, closing: '  },\n)' }
}

/** What was refused, by the service it belongs to; `''` for everything else. */
function refusalsByOwner(
  report: readonly ReportEntry[],
  owners: ReadonlySet<string>,
): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { key, verdict, isWithin, remarks } of report) {
    if (verdict !== 'refused' || isWithin) continue
    const owner = owners.has(key)
      ? key
      : ([...key.matchAll(/\./g)].map(({ index }) => key.slice(0, index)).find((each) => owners.has(each)) ??
        '')
    const lines = found.get(owner) ?? []
    for (const remark of remarks.filter((each) => each.verdict === 'refused'))
      lines.push(
        `// Not imported: ${commentText(key)} (${commentText(remark.file)}:${remark.line}): ${commentText(remark.why)}`,
      )
    found.set(owner, lines)
  }
  return found
}

function writeBody(
  statements: readonly Statement[],
  refusals: ReadonlyMap<string, readonly string[]>,
  indent: number,
): string[] {
  const space = ' '.repeat(indent)
  const lines: string[] = shorten(refusals.get('') ?? []).map((line) => space + line)
  let wasShort = false
  for (const [index, statement] of statements.entries()) {
    const text = writeStatement(statement, indent)
    const comments = shorten(statement.path === undefined ? [] : (refusals.get(statement.path) ?? [])).map(
      (line) => space + line,
    )
    // Short declarations stand together, everything else apart.
    const isShort = !text.includes('\n') && comments.length === 0
    if ((index > 0 || lines.length > 0) && !(isShort && wasShort)) lines.push('')
    lines.push(...comments, text)
    wasShort = isShort
  }
  return lines
}

function shorten(comments: readonly string[]): readonly string[] {
  if (comments.length <= commentLimit) return comments
  return [`// Not imported: ${comments.length} things; the report of gantry import compose says which.`]
}

function writeStatement({ identifier, value, condition }: Statement, indent: number): string {
  const space = ' '.repeat(indent)
  if (condition) {
    const inner = print(value, indent + 2, indent + 2, 0)
    return `${space}if (${printFlat(condition)}) {\n${space}  ${inner}\n${space}}`
  }
  const start = identifier === undefined ? space : `${space}const ${identifier} = `
  return start + print(value, indent, start.length, 0)
}

function collectWords(expr: Expr, into: Set<string>): void {
  switch (expr.kind) {
    case 'object':
      for (const { value } of expr.fields) collectWords(value, into)
      return
    case 'array':
      for (const item of expr.items) collectWords(item, into)
      return
    case 'call':
      if (expr.callee.kind === 'name') into.add(expr.callee.name)
      else if (expr.callee.kind === 'member' && expr.callee.of.kind === 'name') into.add(expr.callee.of.name)
      for (const arg of expr.args) collectWords(arg, into)
      return
    case 'template':
      if (expr.tag !== undefined) into.add(expr.tag)
      for (const piece of expr.pieces) if (typeof piece !== 'string') collectWords(piece, into)
      return
    case 'choice':
      for (const each of [expr.test, expr.yes, expr.no]) collectWords(each, into)
      return
    case 'binary':
      collectWords(expr.left, into)
      collectWords(expr.right, into)
      return
    case 'cast':
      collectWords(expr.value, into)
      return
    case 'string':
    case 'number':
    case 'boolean':
    case 'name':
    case 'member':
    case 'later':
  }
}
