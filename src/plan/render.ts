// A plan on a terminal. Invariant: every change stands beside the line that declares it, no line is wider than asked
// for, and nothing from a stack, a cluster or a plan file reaches the terminal unescaped. It adds nothing to the plan.

import pc from 'picocolors'
import { formatCpu, humanBytes, humanDuration } from '../model/index.ts'
import type { Span } from '../model/index.ts'
import { columns, lay, padded } from './layout.ts'
import type { Paint, Piece } from './layout.ts'
import { countSteps, isNothingToDo } from './plan.ts'
import type { FieldChange, Forecast, Operation, Plan, PlanStep } from './plan.ts'
import { plural, withinStack } from './words.ts'

export interface RenderOptions {
  /** Columns; below 40 it is rendered as for 40. */
  readonly width: number
  readonly color: boolean
  /** With everything: unchanged things, defaults, values in full length, every task. */
  readonly full: boolean
}

type Say = (pieces: readonly Piece[], hang: number, right?: string) => void

const signs: Readonly<Record<Operation, { readonly sign: string; readonly paint: Paint }>> = {
  create: { sign: '+', paint: 'good' },
  generate: { sign: '+', paint: 'good' },
  restore: { sign: '+', paint: 'good' },
  update: { sign: '~', paint: 'changed' },
  roll: { sign: '~', paint: 'changed' },
  run: { sign: '~', paint: 'changed' },
  retain: { sign: '·', paint: 'faint' },
  delete: { sign: '-', paint: 'bad' },
}

export function signOf(op: Operation): string {
  return signs[op].sign
}

/** Longest address that other columns make room for; longer ones push them to the right. */
const addressColumns = 24
const opColumns = 8
const labelColumns = 22
const indent = 6
/** Lines of a value that are shown without `full`. */
const valueLines = 3
/** Items of a list that are shown without `full`. */
const listItems = 12

export function renderPlan(plan: Plan, options: RenderOptions): string {
  const width = Math.max(40, Math.floor(options.width))
  const colors = pc.createColors(options.color)
  const lines: string[] = []
  const say: Say = (pieces, hang, right) => lines.push(...lay(pieces, { width, hang, right }, colors))
  sayHead(plan, width, say)
  const files = new Set(plan.steps.flatMap((step) => (step.source ? [step.source.file] : [])))
  const address = Math.min(addressColumns, Math.max(0, ...plan.steps.map((step) => columns(step.address))))
  for (const step of plan.steps) sayStep(step, { address, width, full: options.full, files: files.size }, say)
  sayUnchanged(plan, options.full, say)
  for (const refusal of plan.refusals) {
    const { code, what, source } = refusal
    const where = source ? `${source.file}:${source.line}` : undefined
    say([bad('refused   '), plain(code === null ? what : `${code} ${what}`)], 10, where)
    say([plain(`          fix: ${refusal.fix}`)], 15)
  }
  if (options.full || !isNothingToDo(plan))
    for (const { code, what, addresses } of plan.notices)
      say([changed('notice    '), plain(`${code} ${named(addresses, options.full)}: ${what}`)], 10)
  for (const { code, reason, of } of plan.acknowledged)
    say([changed('answered  '), plain(`${code}${of === undefined ? '' : ` of ${of}`}: ${reason}`)], 10)
  if (plan.forecast) sayForecast(plan, plan.forecast, options.full, say)
  say([strong(conclusion(plan))], 2)
  return lines.join('\n')
}

function sayHead(plan: Plan, width: number, say: Say): void {
  const inputs = Object.entries(plan.inputs).map(([name, value]) => `${name}=${value}`)
  const [file] = Object.entries(plan.files)
  const verb = plan.kind === 'apply' ? 'plan ' : 'destroy '
  const given = inputs.length === 0 ? '' : ` (${inputs.join(', ')})`
  const where = `against cluster ${plan.cluster.name ?? plan.cluster.id} @ ${plan.basis.seq}`
  const from = file ? `${file[0]} ${file[1].slice(0, 4)}…` : ''
  const what = [plain(verb), strong(plan.stack), plain(given)]
  if (columns(`${verb}${plan.stack}${given}  ${where}  ${from}`) <= width)
    say([...what, plain(`  ${where}`)], verb.length, from)
  else {
    say(what, verb.length, from)
    say([plain(' '.repeat(verb.length) + where)], verb.length)
  }
}

interface StepLook {
  readonly address: number
  readonly width: number
  readonly full: boolean
  /** In how many files the steps are declared; in one alone, fields need only the line. */
  readonly files: number
}

function sayStep(step: PlanStep, look: StepLook, say: Say): void {
  const { sign, paint } = signs[step.op]
  const head: Piece[] = [{ text: `${sign} `, paint }, strong(padded(step.address, look.address))]
  const rest: Piece[] = [
    { text: padded(step.op, opColumns), paint },
    plain(`  ${isNew(step) ? step.summary : `${step.summary}: ${step.reason}`}`),
  ]
  const source = step.source ? `${step.source.file}:${step.source.line}` : undefined
  const hang = Math.min(2 + look.address + 2 + opColumns + 2, 32)
  if (columns(step.address) <= look.address) say([...head, plain('  '), ...rest], hang, source)
  else {
    say(head, indent)
    say([plain(' '.repeat(4)), ...rest], 4 + opColumns + 2, source)
  }
  if (step.note !== null) say([plain(' '.repeat(indent)), changed('note  '), plain(step.note)], indent + 6)
  const changes = step.changes.filter((change) => look.full || isTelling(step, change))
  const label = Math.min(labelColumns, Math.max(0, ...changes.map((change) => columns(change.label))))
  for (const change of changes) sayChange(step, change, label, look, say)
}

/** What is new has no other reason than that it was declared. */
function isNew(step: PlanStep): boolean {
  return (step.op === 'create' || step.op === 'generate') && step.number.before === null
}

/** Of something new, what nobody wrote is left out; of something that changes, nothing is. */
function isTelling(step: PlanStep, change: FieldChange): boolean {
  if (!isNew(step)) return true
  // The files of secrets follow from the values that name them.
  return change.default === null && !change.path.endsWith('/secretFiles')
}

function sayChange(step: PlanStep, change: FieldChange, label: number, look: StepLook, say: Say): void {
  const source = sourceWords(change.source, step.source, look.files)
  const start = indent + label + 2
  const name = padded(change.label, label)
  const origin = change.default === null ? '' : ` (${change.default})`
  const { before, after, lead, tail } = commonEnds(change.before, change.after)
  const room = look.width - start - (source === undefined ? 0 : columns(source) + 2)
  const head = [plain(`${' '.repeat(indent)}${name}  ${lead}`)]
  const arrow = [faint(' → ')]
  const oneLine: Piece[] = [
    ...(before === null ? [] : [{ text: before, paint: 'bad' as const }, ...arrow]),
    ...(after === null ? [faint('(gone)')] : [{ text: after, paint: 'good' as const }, plain(tail)]),
    ...(before === null && step.changes.some((each) => each.before !== null) ? [faint(' (new)')] : []),
    faint(origin),
  ]
  const needed = oneLine.reduce((sum, piece) => sum + columns(piece.text), columns(lead))
  if (needed <= room && columns(change.label) <= label) say([...head, ...oneLine], start, source)
  else {
    say([plain(`${' '.repeat(indent)}${change.label}`), faint(origin)], indent + 2, source)
    sayValue('-', 'bad', change.before, change.after, look, say)
    sayValue('+', 'good', change.after, change.before, look, say)
  }
}

function sayValue(
  sign: string,
  paint: Paint,
  value: string | null,
  other: string | null,
  look: StepLook,
  say: Say,
): void {
  if (value === null) return
  const start = indent + 4
  const most = look.full ? Infinity : (look.width - start) * valueLines
  say([{ text: `${' '.repeat(indent + 2)}${sign} ${clipped(value, other, most)}`, paint }], start)
}

/** The part of a long value around where it first differs from the other one. */
export function clipped(value: string, other: string | null, most: number): string {
  const chars = Array.from(value)
  if (chars.length <= most) return value
  const others = Array.from(other ?? '')
  let differs = 0
  if (other !== null) while (differs < chars.length && chars[differs] === others[differs]) differs += 1
  const size = Math.max(20, most - 40)
  const from = Math.max(0, Math.min(differs - Math.floor(size / 4), chars.length - size))
  const shown = chars.slice(from, from + size).join('')
  const left = chars.length - from - Array.from(shown).length
  return `${from > 0 ? `… ${from} more … ` : ''}${shown}${left > 0 ? ` … ${left} more` : ''}`
}

interface Ends {
  readonly before: string | null
  readonly after: string | null
  readonly lead: string
  readonly tail: string
}

/** Openings of values that say first what they are and then which: `build('./api') 3c1e…`, text`${db.ports.pg}` (5432). */
const openings = [
  { lead: /^build\('[^']*'\) /, tail: '' },
  { lead: /^text`(?:[^`\\]|\\.)*` \(/s, tail: ')' },
]

/** What both values begin and end with: it is said once, around what differs. */
function commonEnds(before: string | null, after: string | null): Ends {
  if (before !== null && after !== null)
    for (const { lead: opening, tail } of openings) {
      const lead = opening.exec(before)?.[0]
      if (lead === undefined || !after.startsWith(lead) || !before.endsWith(tail) || !after.endsWith(tail))
        continue
      const inner = (value: string) => value.slice(lead.length, value.length - tail.length)
      return { before: inner(before), after: inner(after), lead, tail }
    }
  return { before, after, lead: '', tail: '' }
}

function sourceWords(source: Span | null, step: Span | null, files: number): string | undefined {
  if (!source) return undefined
  return files <= 1 && source.file === step?.file ? `:${source.line}` : `${source.file}:${source.line}`
}

function sayUnchanged(plan: Plan, full: boolean, say: Say): void {
  for (const { address, note } of plan.unchanged)
    if (full || note !== null)
      say(
        [plain('  '), plain(address), faint('  unchanged'), changed(note === null ? '' : `, but ${note}`)],
        indent,
      )
  const quiet = plan.unchanged.filter(({ note }) => note === null).length
  if (!full && quiet > 0) say([faint(`  ${quiet} unchanged (--full)`)], 2)
}

function sayForecast(plan: Plan, forecast: Forecast, full: boolean, say: Say): void {
  const row = (title: string, pieces: readonly Piece[]) =>
    say([faint(padded(title, forecastColumns)), ...pieces], forecastColumns)
  const list = (items: readonly string[], gap: string) =>
    full || items.length <= listItems
      ? items.join(gap)
      : `${items.slice(0, listItems).join(gap)}${gap}… ${items.length - listItems} more`
  const { cpu, memory } = forecast.extra.peak
  const { startMs, jobMs } = forecast.assumptions
  row('forecast', [
    ending(forecast),
    faint(` if a task starts in ${seconds(startMs)} and a job takes ${seconds(jobMs)}`),
  ])
  if (full) for (const each of forecast.assumptions.others) row('  assumed', [faint(each)])
  if (forecast.waves.length > 0)
    row('  starts', [
      plain(forecast.waves.map(({ owners }) => list(owners.map(withinStack), ', ')).join(' → ')),
    ])
  if (forecast.landings.length > 0)
    row('  lands', [
      plain(
        list(
          forecast.landings.map(({ task, node }) => `${withinStack(task)} ${node.name}`),
          ' · ',
        ),
      ),
    ])
  const served = forecast.lowestHealthy.map(
    ({ address, healthy, of }) => `${withinStack(address)} ${healthy}/${of}`,
  )
  if (served.length > 0) row('  healthy', [plain(`never below ${list(served, ', ')}`)])
  if (cpu > 0 || memory > 0) row('  peak', [plain(amounts(cpu, memory))])
  for (const { tasks, nodes, turnedAway } of forecast.unplaceable)
    row('  no node', [
      bad(`${list(tasks.map(withinStack), ', ')}: `),
      plain(
        nodes === 0
          ? 'the cluster has no nodes'
          : `of ${plural(nodes, 'node')}, ${turnedAway.map(({ why }) => why).join(', ')}`,
      ),
    ])
  const homeless = new Set(forecast.unplaceable.map(({ address }) => address))
  for (const { address, ending, reason } of forecast.endings)
    if (ending !== 'done' && ending !== 'gone')
      row('  ends', [
        bad(`${withinStack(address)} ${endingWords[ending]}`),
        // Why no node takes its tasks has been said.
        plain(reason === null || homeless.has(address) ? '' : `: ${reason}`),
      ])
  for (const { address, effect, node } of forecast.data)
    row('  data', [
      {
        text: `${withinStack(address)} ${dataWords(effect, node?.name ?? null, plan, address)}`,
        paint: effect === 'deleted' && plan.losesData.includes(address) ? 'bad' : 'plain',
      },
    ])
  if (forecast.generates.length > 0)
    row('  secrets', [plain(`made: ${list(forecast.generates.map(withinStack), ', ')}`)])
}

const forecastColumns = 11

const endingWords = {
  'rolled-back': 'is rolled back',
  failed: 'fails',
  unfinished: 'does not get there',
} as const

function ending(forecast: Forecast): Piece {
  const time = `~${humanDuration(Math.ceil(forecast.durationMs / 1000) * 1000)}`
  if (!forecast.settles) return bad(`not settled after ${plural(forecast.rounds, 'round')}`)
  switch (forecast.outcome) {
    case 'done':
      return plain(`done in ${time}`)
    case 'rolled-back':
      return bad(`rolled back after ${time}`)
    case 'failed':
      return bad(`fails after ${time}`)
    case 'unfinished':
      return bad(`does not finish: at rest after ${time}`)
  }
}

export function dataWords(
  effect: Forecast['data'][number]['effect'],
  node: string | null,
  plan: Plan,
  address: string,
): string {
  switch (effect) {
    case 'created':
      return node === null ? 'is created where its first task lands' : `is created on ${node}`
    case 'stays':
    case 'restored':
    case 'retained':
      return node === null ? 'holds no data' : `stays on ${node}`
    case 'deleted':
      return plan.losesData.includes(address) ? 'is deleted, with its data' : 'is deleted; it holds no data'
  }
}

/** "+512Mi memory, +250m cpu". */
export function amounts(cpu: number, memory: number): string {
  return [
    ...(memory > 0 ? [`+${humanBytes(memory)} memory`] : []),
    ...(cpu > 0 ? [`+${formatCpu(cpu)} cpu`] : []),
  ].join(', ')
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}

/** The last line: what it comes to. */
export function conclusion(plan: Plan): string {
  if (!plan.applyable) return `this plan cannot be ${plan.kind === 'apply' ? 'applied' : 'carried out'}`
  if (isNothingToDo(plan)) return 'nothing to do'
  const counts = [...countSteps(plan)].map(([op, count]) => `${count} ${op}`)
  const values = plan.steps.filter(
    ({ kind, op, number }) => kind === 'secret' && op === 'delete' && number.before !== null,
  )
  const losses = [
    ...(plan.losesData.length === 0
      ? [values.length === 0 ? 'no data lost' : 'the data of no volume lost']
      : [`the data of ${plan.losesData.map(withinStack).join(', ')} lost`]),
    ...(values.length === 0 ? [] : [`${plural(values.length, 'secret value')} lost`]),
  ]
  return `${counts.length === 0 ? 'an empty stack' : counts.join(', ')} · ${losses.join(' · ')}`
}

/** Addresses within their stack; without `full`, so many as leave a notice its one line. */
export function named(addresses: readonly string[], full: boolean): string {
  const names = addresses.map(withinStack)
  const shown = full || names.length <= 3 ? names : [...names.slice(0, 2), `${names.length - 2} more`]
  return shown.join(', ')
}

function plain(text: string): Piece {
  return { text, paint: 'plain' }
}
function strong(text: string): Piece {
  return { text, paint: 'strong' }
}
function faint(text: string): Piece {
  return { text, paint: 'faint' }
}
function bad(text: string): Piece {
  return { text, paint: 'bad' }
}
function changed(text: string): Piece {
  return { text, paint: 'changed' }
}
