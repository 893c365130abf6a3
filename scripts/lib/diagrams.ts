// The page about the small languages and its railroad diagrams, made from the grammar and its tables. Invariant: the same
// grammar gives the same bytes.

import {
  Choice,
  Diagram,
  NonTerminal,
  OneOrMore,
  Optional,
  Sequence,
  Terminal,
} from '@prantlf/railroad-diagrams'
import {
  formatTemplate,
  grammarOutline,
  holeMark,
  measurements,
  nodeFields,
  readFilterText,
  readGateText,
  readPlacementText,
  readScalingText,
  readScheduleText,
  taskFields,
} from '../../grammar/index.ts'
import type { Field, FieldType, Language, Outline } from '../../grammar/index.ts'

/** Which rules have a diagram, in the order of the page; rules that are no more than a list are drawn where they stand. */
const drawnRules: readonly (readonly [file: string, rule: string])[] = [
  ['placement', 'placement'],
  ['placement-rule', 'placementRule'],
  ['scaling', 'scaling'],
  ['scaling-rule', 'scalingRule'],
  ['step', 'step'],
  ['gate', 'gate'],
  ['schedule', 'schedule'],
  ['when', 'when'],
  ['times', 'times'],
  ['condition', 'condition'],
  ['conjunction', 'conjunction'],
  ['unary', 'unary'],
  ['comparison', 'comparison'],
  ['operator', 'operator'],
  ['among', 'among'],
  ['operand', 'operand'],
  ['reference', 'reference'],
  ['text', 'text'],
  ['number', 'number'],
  ['weight', 'weight'],
  ['wait', 'wait'],
]

const style = `
path { stroke-width: 2; stroke: #57606a; fill: none }
text { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; text-anchor: middle; fill: #1f2328 }
rect { stroke-width: 1.5; stroke: #57606a; fill: #ffffff }
g.terminal rect { fill: #ddf4ff }
g.non-terminal rect { fill: #f6f8fa }
svg { background-color: #ffffff }
`

/** Each diagram by the name of its file. Fails when a rule of the grammar has none. */
export function diagrams(): ReadonlyMap<string, string> {
  const outline = grammarOutline()
  const missing = [...outline.keys()].filter((name) => !drawnRules.some(([, rule]) => rule === name))
  if (missing.length > 0) throw new Error(`rules without a diagram: ${missing.join(', ')}`)
  return new Map(
    drawnRules.map(([file, rule]) => {
      const part = outline.get(rule)
      if (!part) throw new Error(`the grammar has no rule ${rule}`)
      return [`${file}.svg`, `${new Diagram(draw(part)).toStandalone(style)}\n`]
    }),
  )
}

function draw(outline: Outline): object {
  switch (outline.kind) {
    case 'sequence':
      return new Sequence(...outline.parts.map(draw))
    case 'choice':
      return new Choice(0, ...outline.parts.map(draw))
    case 'optional':
      return new Optional(draw(outline.part))
    case 'repeated':
      return new OneOrMore(draw(outline.part), ...(outline.separator ? [draw(outline.separator)] : []))
    case 'literal':
      return new Terminal(outline.text)
    case 'token':
      return new NonTerminal(outline.text)
    case 'rule':
      return new NonTerminal(fileOf(outline.name))
  }
}

function fileOf(rule: string): string {
  return drawnRules.find(([, name]) => name === rule)?.[0] ?? rule
}

const kinds: Readonly<Record<FieldType, string>> = {
  text: 'a text: `"a"`',
  number: 'a plain number: `50`',
  percent: 'a share: `70%`',
  time: 'a time: `300ms`, `1.5s`, `2m`',
  size: 'a size: `512Mi`, `4Gi`',
  cores: 'cores: `4`, `250m`',
  boolean: '`true` or `false`',
}

function table(fields: readonly Field[]): string {
  const rows = fields.map(({ name, type, detail, argument }) => {
    const shown = argument === undefined ? name.replace('*', '<name>') : `${name}("${argument}")`
    return `| \`${shown}\` | ${kinds[type]} | ${detail} |`
  })
  return ['| name | compared with | what it is |', '|---|---|---|', ...rows].join('\n')
}

/** An example, as `gantry fmt` writes it; it has to be right. */
function example(language: Language, tag: string, text: string, holes: readonly string[] = []): string {
  const formatted = formatTemplate(language, text, { holes: holes.map((hole) => `\${${hole}}`), width: 100 })
  if (formatted === undefined || mistakesIn(language, text) > 0)
    throw new Error(`an example of the page is wrong: ${text}`)
  let index = 0
  const filled = formatted.replaceAll(holeMark, () => `\${${holes[index++] ?? ''}}`)
  return ['```ts', `${tag}\`${filled}\``, '```'].join('\n')
}

/** A filter as it is written in a shell; it has to be right. */
function shell(text: string): string {
  if (mistakesIn('where', text) > 0) throw new Error(`an example of the page is wrong: ${text}`)
  return `    gantry status --where '${formatTemplate('where', text, { holes: [], width: 100 }) ?? text}'`
}

function quotedValues(name: string): string {
  const values = taskFields.find((each) => each.name === name)?.values ?? []
  return values.map((each) => `\`"${each}"\``).join(', ')
}

function mistakesIn(language: Language, text: string): number {
  switch (language) {
    case 'place':
      return readPlacementText(text).mistakes.length
    case 'scale':
      return readScalingText(text).mistakes.length
    case 'gate':
      return readGateText(text).mistakes.length
    case 'every':
      return readScheduleText(text).mistakes.length
    case 'where':
      return readFilterText(text, taskFields, 'a task has').mistakes.length
  }
}

function figures(...files: readonly string[]): string {
  return files.map((file) => `**${file}**\n\n![${file}](diagrams/${file}.svg)`).join('\n\n')
}

const schedules: readonly (readonly [text: string, means: string])[] = [
  ['day at 02:30', 'every day'],
  ['weekday at 09:00, 17:00', 'monday to friday, twice'],
  ['monday, thursday at 06:15', 'on those days'],
  ['weekend at 10:00', 'saturday and sunday'],
  ['hour at :05', 'five minutes past every hour'],
  ['month on 1, 15 at 04:00', 'on those days of the month'],
  ['15 minutes', 'every 15 minutes from when it was applied'],
  ['30 2 * * 1-5', 'five fields of cron'],
]

function scheduleTable(): string {
  const rows = schedules.map(([text, means]) => {
    const { schedule } = readScheduleText(text)
    if (!schedule) throw new Error(`an example of the page is wrong: ${text}`)
    const lowered =
      'cron' in schedule
        ? schedule.cron.map((each) => `\`${each}\``).join(', ')
        : `${schedule.everyMs / 1000} s`
    return `| \`${text}\` | ${means} | ${lowered} |`
  })
  return ['| schedule | when | as cron or a span |', '|---|---|---|', ...rows].join('\n')
}

/** The page as a whole. */
export function page(): string {
  return `# The small languages

Four templates of a stack, and the filter of \`gantry status\` (\`--where\`), share one language of conditions. This page and its
diagrams are made from the grammar (\`node scripts/diagrams.ts\`), so they say what the parser reads. What stands in blue is
written as it is; what stands in grey is another diagram, or described there. \`gantry fmt\` writes templates in one form;
editors complete them, explain them on hover, and show mistakes while you type.

References to services and jobs stand in holes (\`avoid \${db}\`): the type checker knows them, and editors rename them. A hole
may also stand for a text, a number, or a number without its unit (\`cpu > \${limit}%\`).

## Placement

Which nodes may and should run a task. Rules are joined by \`;\`.

${example('place', 'place', `require node.labels.disk == "ssd" && node.memory >= 4Gi; prefer node.zone != "c" weight 50; spread zone; avoid ${holeMark} weight 20; max 2 per node; tolerate "gpu"`, ['db'])}

- \`require\` a condition: nodes on which it does not hold run no task.
- \`prefer\` a condition: nodes on which it holds are preferred. \`weight\` is 1 to 100, 50 unless given.
- \`spread\` an attribute: tasks are spread over its values. \`zone\` is short for \`node.zone\`.
- \`near\` and \`avoid\` a service or a job in a hole: on nodes that run a task of it, or never there; with a \`weight\` as a wish.
- \`max 2 per node\`: the most tasks on one node.
- \`tolerate\` a taint of nodes (\`"gpu"\`, \`"team=search"\`) that does not keep tasks away.

${table(nodeFields)}

${figures('placement', 'placement-rule', 'weight')}

## Scaling

How many tasks there are, by load. A rule is a condition, how long it has to hold, and a step; a target is an amount of
work, divided by what one task can take. Rules are joined by \`;\`.

${example('scale', 'scale({ min: 2, max: 20 })', 'cpu > 70% for 1m => +50%; cpu < 20% for 10m => -1; queue("orders") / 50')}

${table(measurements)}

Only \`queue\`, \`requests\` and \`metric\` can be divided: the others are no work that tasks share.

${figures('scaling', 'scaling-rule', 'step', 'wait')}

## Gates

What has to hold of the new tasks before a rollout goes on. The measurements are those of scaling.

${example('gate', 'gate', 'errors < 1% && p99 < 300ms for 2m')}

${figures('gate')}

## Schedules

When something is due, to the minute: in the words below, or in five fields of cron (ranges, lists, steps and the names of
months and days). For backups, \`keep 7\` says how many are kept.

${scheduleTable()}

${figures('schedule', 'when', 'times')}

## Filters

\`gantry status --where '…'\` (or \`gantry ps\`) shows the tasks of which a condition holds, with the services and jobs that they
belong to, also as JSON. What is wrong with it is shown at its place, before the cluster is asked, and exits with 64.

${shell('state != "healthy" && age > 5m')}
${shell('service in ("api", "web") && node.zone == "a" && restarts >= 3')}
${shell('job == "migrate" || exit > 0')}

${table(taskFields.filter((each) => !nodeFields.includes(each)))}

\`state\` is one of ${quotedValues('state')}.
What \`node.name\` and the other attributes of nodes are stands under placement; a task that has no node yet has none of them.
Nothing is equal to what is not there, and no order holds for it.

## Conditions

\`==\` and \`!=\` compare anything, \`<\`, \`<=\`, \`>\` and \`>=\` what has an order, \`in ("a", "b")\` and \`not in\` texts. Values have the
unit of what they are compared with: \`p99 < 300\` is a mistake, \`p99 < 300ms\` is not. \`&&\` binds more tightly than \`||\`, \`!\` more
tightly than both; parentheses go at most 8 deep. What can never hold is a mistake, what always does is warned of.

${figures('condition', 'conjunction', 'unary', 'comparison', 'operator', 'among', 'operand', 'reference', 'text', 'number')}
`
}
