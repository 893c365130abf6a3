// A plan as Markdown, for a pull request. Invariant: no text from a stack or a cluster can become markup: all of it
// stands in <code> with every character that Markdown or HTML could read written as an entity.

import { humanDuration } from '../model/index.ts'
import { harmless } from './layout.ts'
import type { FieldChange, Forecast, Plan, PlanStep } from './plan.ts'
import { amounts, clipped, conclusion, dataWords, named, signOf } from './render.ts'
import { plural, withinStack } from './words.ts'

/** Characters of a value that are shown. */
const valueLength = 300
/** Rows of a table; a comment of a forge holds 65,536 characters. */
const rowLimit = 200

export function renderPlanMarkdown(plan: Plan): string {
  const title = plan.kind === 'apply' ? 'Plan' : 'Destroy'
  const parts = [
    `### ${title} ${code(plan.stack)}: ${prose(conclusion(plan))}`,
    `Cluster ${code(plan.cluster.name ?? plan.cluster.id)} at ${plan.basis.seq}${inputsOf(plan)}`,
  ]
  if (plan.refusals.length > 0)
    parts.push(
      plan.refusals
        .map(
          ({ code: number, what, fix, source }) =>
            `- **refused**: ${number === null ? '' : `${code(number)} `}${prose(what)}${source ? ` (${code(`${source.file}:${source.line}`)})` : ''}. Fix: ${prose(fix)}`,
        )
        .join('\n'),
    )
  if (plan.notices.length > 0)
    parts.push(
      plan.notices
        .map(
          ({ code: number, what, addresses }) =>
            `- **notice**: ${code(number)} ${code(named(addresses, false))}: ${prose(what)}`,
        )
        .join('\n'),
    )
  if (plan.acknowledged.length > 0)
    parts.push(
      plan.acknowledged
        .map(
          ({ code: number, reason, of }) =>
            `- **answered for**: ${code(number)}${of === undefined ? '' : ` of ${code(of)}`}: ${prose(reason)}`,
        )
        .join('\n'),
    )
  if (plan.steps.length > 0)
    parts.push(
      table(
        ['', 'address', 'what', 'why', 'declared at'],
        plan.steps.map((step) => [
          code(signOf(step.op)),
          code(step.address),
          `${step.op}: ${prose(step.summary)}`,
          `${prose(step.reason)}${step.note === null ? '' : `<br>**note**: ${prose(step.note)}`}`,
          step.source ? code(`${step.source.file}:${step.source.line}`) : '',
        ]),
      ),
    )
  const changes = plan.steps.flatMap((step) => step.changes.map((change) => ({ step, change })))
  const telling = changes.filter(({ change }) => change.before !== null || change.default === null)
  if (telling.length > 0)
    parts.push(
      details(
        plural(telling.length, 'changed field'),
        table(
          ['address', 'field', 'before', 'after', 'declared at'],
          telling.map(({ step, change }) => fieldRow(step, change)),
        ),
      ),
    )
  const notes = plan.unchanged.filter(({ note }) => note !== null)
  if (notes.length > 0)
    parts.push(
      notes
        .map(({ address, note }) => `- ${code(address)} is unchanged, but ${prose(note ?? '')}`)
        .join('\n'),
    )
  if (plan.unchanged.length > 0) parts.push(`${plan.unchanged.length} unchanged.`)
  if (plan.forecast) parts.push(forecastPart(plan, plan.forecast))
  return parts.join('\n\n')
}

function inputsOf(plan: Plan): string {
  const inputs = Object.entries(plan.inputs).map(([name, value]) => code(`${name}=${value}`))
  return inputs.length === 0 ? '' : `, with ${inputs.join(', ')}`
}

function fieldRow(step: PlanStep, change: FieldChange): string[] {
  const value = (text: string | null, other: string | null) =>
    text === null ? '' : code(clipped(text, other, valueLength))
  return [
    code(step.address),
    code(change.label),
    value(change.before, change.after),
    `${value(change.after, change.before)}${change.default === null ? '' : ` (${code(change.default)})`}`,
    change.source ? code(`${change.source.file}:${change.source.line}`) : '',
  ]
}

function forecastPart(plan: Plan, forecast: Forecast): string {
  const { cpu, memory } = forecast.extra.peak
  const names = (addresses: readonly string[]) => addresses.map((each) => code(withinStack(each))).join(', ')
  const lines = [
    `**Forecast**: ${forecast.settles ? forecast.outcome : 'does not settle'}, ~${humanDuration(Math.ceil(forecast.durationMs / 1000) * 1000)}`,
  ]
  if (forecast.waves.length > 0)
    lines.push(`- starts: ${forecast.waves.map(({ owners }) => names(owners)).join(' → ')}`)
  if (forecast.lowestHealthy.length > 0)
    lines.push(
      `- lowest healthy: ${forecast.lowestHealthy.map(({ address, healthy, of }) => `${code(withinStack(address))} ${healthy}/${of}`).join(', ')}`,
    )
  if (cpu > 0 || memory > 0) lines.push(`- peak: ${amounts(cpu, memory)}`)
  for (const { tasks, nodes, turnedAway } of forecast.unplaceable)
    lines.push(
      `- **no node** for ${names(tasks)}: of ${plural(nodes, 'node')}, ${turnedAway.map(({ why }) => prose(why)).join(', ')}`,
    )
  for (const { address, ending, reason } of forecast.endings)
    if (ending !== 'done' && ending !== 'gone')
      lines.push(
        `- ${code(withinStack(address))} ends **${ending}**${reason === null ? '' : `: ${prose(reason)}`}`,
      )
  for (const { address, effect, node } of forecast.data)
    lines.push(
      `- ${code(withinStack(address))} ${prose(dataWords(effect, node?.name ?? null, plan, address))}`,
    )
  if (forecast.generates.length > 0) lines.push(`- values made for ${names(forecast.generates)}`)
  const landings = forecast.landings.map(({ task, node }) => [code(withinStack(task)), code(node.name)])
  return landings.length === 0
    ? lines.join('\n')
    : `${lines.join('\n')}\n\n${details(plural(landings.length, 'new task'), table(['task', 'node'], landings))}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.slice(0, rowLimit).map(line),
    ...(rows.length > rowLimit ? [line([`… ${rows.length - rowLimit} more`])] : []),
  ].join('\n')
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`
}

function code(text: string): string {
  return `<code>${prose(text)}</code>`
}

/**
 * Text with everything but letters, digits, spaces and the plainest marks as entities, so that it is only text; behind
 * what a forge would make a mention or a reference of, a space without width.
 */
function prose(text: string): string {
  return harmless(text)
    .replaceAll(/[^\p{L}\p{N}\p{M} .,;%→…·']|\.(?=\S)/gu, (char) => `&#${char.codePointAt(0) ?? 0};`)
    .replaceAll(/&#(?:35|64);/g, '$&&#8203;')
}
