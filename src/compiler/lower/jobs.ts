// Jobs and crons: tasks that run to their end. Invariant: what is counted (completions, tries, runs kept) is written out in
// the document; what starts a job is decided by the stack as a whole (`withTriggers`), because a rollout may.

import type { CronSpec, JobSpec, Parameter, ServiceSpec } from '../../model/index.ts'
import { readInput } from '../input-declarations.ts'
import type { DeclaredInput } from '../input-declarations.ts'
import type { Declared, Encoded, Made } from '../sandbox/opened.ts'
import { memberNames } from './container.ts'
import type { Reader } from './reader.ts'
import { readSchedule } from './schedule.ts'
import { delaysOf } from './restart.ts'
import { openDeclaration } from './scope.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'
import { readTaskParts } from './task.ts'
import { readTimezone } from './timezone.ts'

const mostTasks = 100_000
const mostRetries = 1000
/** Runs of a cron that are kept. */
const mostKept = 1000
const defaultBackoff = { delayMs: 10_000, maxDelayMs: 600_000 }

/** The variable that an indexed job gives each of its tasks. */
const indexVariable = 'GANTRY_INDEX'

/** A job as it is when nothing but an apply starts it. */
export function readJob(scope: Scope, declared: Declared): JobSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, name } = declaration
  const keys = ['jobs', name]
  scope.sources.written(keys, reader.where)
  const parameters = readParameters(scope, declaration, keys)
  const run = readRun(scope, declaration, keys)
  return parameters ? { ...run, trigger: 'run', parameters } : run
}

/** Jobs that a rollout has as its `before` are started by rollouts, and by nothing else. */
export function withTriggers(
  jobs: Readonly<Record<string, JobSpec>>,
  services: Readonly<Record<string, ServiceSpec>>,
): Record<string, JobSpec> {
  const before = new Set(Object.values(services).map((each) => each.rollout.before))
  return Object.fromEntries(
    Object.entries(jobs).map(([name, job]): [string, JobSpec] => [
      name,
      before.has(name) && job.trigger === 'apply' ? { ...job, trigger: 'rollout' } : job,
    ]),
  )
}

export function readCron(scope: Scope, declared: Declared): CronSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const { sources } = scope
  const keys = ['crons', name]
  sources.written(keys, reader.where)
  for (const field of ['schedule', 'timezone', 'overlap', 'history', 'suspended'])
    if (fields.has(field)) sources.written([...keys, field], reader.at(['1', field]))
  if (fields.has('missed')) sources.written([...keys, 'missedMs'], reader.at(['1', 'missed']))
  const written = reader.require(fields, 'schedule', ['1'])
  const read = written === undefined ? undefined : readSchedule(scope, reader, written, ['1', 'schedule'])
  if (read?.keep !== undefined)
    reader.report.refuseAt(read.keepAt, reader.at(['1', 'schedule']), {
      code: 'GT2168',
      summary: `the schedule of ${reader.subject} keeps ${read.keep}, and keep is for backups`,
      label: 'history says how many runs are kept',
    })
  const history = reader.fields(fields.get('history'), ['1', 'history'])
  const kept = (field: 'succeeded' | 'failed'): number =>
    sources.orDefault(
      [...keys, 'history', field],
      reader.whole(history?.get(field), ['1', 'history', field], { min: 0, max: mostKept }),
      3,
    )
  const job = { ...readRun(scope, declaration, [...keys, 'job']), trigger: 'run' } as const
  const suspended = reader.boolean(fields.get('suspended'), ['1', 'suspended'])
  return {
    job,
    // A document with a mistake in it is not given out, so what stands in for a schedule is never seen.
    schedule: read?.schedule ?? { cron: ['0 0 1 1 *'] },
    timezone: sources.orDefault(
      [...keys, 'timezone'],
      readTimezone(reader, fields.get('timezone'), ['1', 'timezone']),
      'UTC',
    ),
    overlap: sources.orDefault(
      [...keys, 'overlap'],
      reader.oneOf(fields.get('overlap'), ['1', 'overlap'], ['forbid', 'allow', 'replace']),
      'forbid',
    ),
    missedMs: sources.orDefault(
      [...keys, 'missedMs'],
      reader.amount('time', fields.get('missed'), ['1', 'missed']),
      300_000,
    ),
    history: { succeeded: kept('succeeded'), failed: kept('failed') },
    ...(suspended === true ? { suspended } : {}),
  }
}

/** `keys` lead to the job in the document. */
function readRun(scope: Scope, declaration: Declaration, keys: DocumentKeys): JobSpec {
  const { reader, fields } = declaration
  const { sources } = scope
  for (const field of ['retries', 'completions', 'parallelism', 'indexed', 'perNode', 'exitCodes'])
    if (fields.has(field)) sources.written([...keys, field], reader.at(['1', field]))
  if (fields.has('deadline')) sources.written([...keys, 'deadlineMs'], reader.at(['1', 'deadline']))
  const { template, ...task } = readTaskParts(scope, declaration, keys)
  const counts = readCounts(declaration)
  const exitCodes = readExitCodes(declaration)
  const deadlineMs = reader.amount('time', fields.get('deadline'), ['1', 'deadline'], {
    min: 1000,
    atLeast: '1s',
  })
  return {
    ...task,
    template: { ...template, ports: {} },
    retries: sources.orDefault(
      [...keys, 'retries'],
      reader.whole(fields.get('retries'), ['1', 'retries'], { min: 0, max: mostRetries }),
      3,
    ),
    backoff: readBackoff(scope, declaration, keys),
    completions: sources.orDefault([...keys, 'completions'], counts.completions, 1),
    parallelism: sources.orDefault([...keys, 'parallelism'], counts.parallelism, 1),
    ...(counts.isIndexed ? { indexed: true } : {}),
    ...(counts.isPerNode ? { perNode: true } : {}),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(exitCodes ? { exitCodes } : {}),
    trigger: 'apply',
  }
}

interface Counts {
  readonly completions: number | undefined
  readonly parallelism: number | undefined
  readonly isIndexed: boolean
  readonly isPerNode: boolean
}

function readCounts(declaration: Declaration): Counts {
  const { reader, fields } = declaration
  const bounds = { min: 1, max: mostTasks }
  const completions = reader.whole(fields.get('completions'), ['1', 'completions'], bounds)
  const parallelism = reader.whole(fields.get('parallelism'), ['1', 'parallelism'], bounds)
  const isIndexed = reader.boolean(fields.get('indexed'), ['1', 'indexed']) ?? false
  const isPerNode = reader.boolean(fields.get('perNode'), ['1', 'perNode']) ?? false
  if (isPerNode)
    for (const field of ['completions', 'parallelism', 'indexed'] as const)
      if (fields.has(field) && !(field === 'indexed' && !isIndexed))
        reader.refuse(
          ['1', field],
          {
            code: 'GT2161',
            summary: `${reader.subject} runs once on each node: ${field} has no meaning beside perNode`,
            ...relatedTo(reader, 'perNode', 'one completion on each node'),
          },
          'name',
        )
  // One completion is the default.
  const all = completions ?? (fields.has('completions') ? Infinity : 1)
  if (!isPerNode && parallelism !== undefined && parallelism > all)
    reader.refuse(['1', 'parallelism'], {
      code: 'GT2160',
      summary: `${reader.subject} runs ${parallelism} at a time, of ${all} in all`,
      ...(fields.has('completions')
        ? relatedTo(reader, 'completions', 'all of them')
        : { label: 'completions is 1 by default' }),
    })
  if (isIndexed && memberNames(fields.get('env')).includes(indexVariable))
    reader.refuse(
      ['1', 'env', indexVariable],
      {
        code: 'GT2164',
        summary: `${indexVariable} of ${reader.subject} is the index of each task, because it is indexed`,
        ...relatedTo(reader, 'indexed', 'indexed here'),
      },
      'name',
    )
  return {
    completions: isPerNode ? undefined : completions,
    parallelism: isPerNode ? undefined : parallelism,
    isIndexed,
    isPerNode,
  }
}

function relatedTo(
  reader: Reader,
  field: string,
  label: string,
): {
  readonly related?: {
    readonly span: NonNullable<ReturnType<Reader['report']['spanOf']>>
    readonly label: string
  }[]
} {
  const span = reader.report.spanOf(reader.at(['1', field]))
  return span ? { related: [{ span, label }] } : {}
}

function readBackoff(scope: Scope, { reader, fields }: Declaration, keys: DocumentKeys): JobSpec['backoff'] {
  const path = ['1', 'backoff']
  const of = [...keys, 'backoff']
  const given = reader.fields(fields.get('backoff'), path)
  for (const field of given?.keys() ?? [])
    scope.sources.written([...of, `${field}Ms`], reader.at([...path, field]))
  const delayMs = reader.amount('time', given?.get('delay'), [...path, 'delay'])
  const maxDelayMs = reader.amount('time', given?.get('maxDelay'), [...path, 'maxDelay'])
  if (delayMs !== undefined && maxDelayMs !== undefined && maxDelayMs < delayMs)
    reader.refuse([...path, 'maxDelay'], {
      code: 'GT2109',
      summary: `maxDelay of ${reader.subject} is less than its delay`,
      ...relatedTo(reader, 'backoff', 'the delay begins with'),
    })
  return delaysOf(scope, of, { delay: delayMs, maxDelay: maxDelayMs }, defaultBackoff)
}

const meanings = ['fail', 'succeed', 'retry'] as const

function readExitCodes({ reader, fields }: Declaration): JobSpec['exitCodes'] {
  const path = ['1', 'exitCodes']
  const given = reader.fields(fields.get('exitCodes'), path)
  if (!given) return undefined
  const first = new Map<number, readonly string[]>()
  const lists = { fail: [] as number[], succeed: [] as number[], retry: [] as number[] }
  for (const meaning of meanings)
    for (const [index, each] of (reader.list(given.get(meaning), [...path, meaning]) ?? []).entries()) {
      const at = [...path, meaning, String(index)]
      if (each === 0) {
        reader.refuse(at, {
          code: 'GT2162',
          summary: `exit code 0 of ${reader.subject} always means that a task has completed`,
        })
        continue
      }
      const code = reader.whole(each, at, { min: 1, max: 255 })
      if (code === undefined) continue
      const other = first.get(code)
      if (!other) {
        first.set(code, at)
        lists[meaning].push(code)
        continue
      }
      const span = reader.report.spanOf(reader.at(other))
      reader.refuse(at, {
        code: 'GT2162',
        summary: `exit code ${code} of ${reader.subject} means two things`,
        ...(span ? { related: [{ span, label: 'it stands here too' }] } : {}),
      })
    }
  return lists
}

function readParameters(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
): Record<string, Parameter> | undefined {
  const path = ['1', 'parameters']
  const given = reader.record(fields.get('parameters'), path)
  if (!given) return undefined
  const variables = memberNames(fields.get('env'))
  const entries = [...given].flatMap(([name, value]): [string, Parameter][] => {
    const at = [...path, name]
    scope.sources.written([...keys, 'parameters', name], reader.at(at))
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name === '__proto__') {
      const better = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
      reader.refuse(
        at,
        {
          code: 'GT2163',
          summary: `'${name}' cannot be the name of a parameter: it is a variable of the environment`,
          ...(/^[A-Z_][A-Z0-9_]*$/.test(better) && better !== name ? { label: `write '${better}'` } : {}),
        },
        'name',
      )
      return []
    }
    if (variables.includes(name)) {
      const span = reader.report.spanOf(reader.at(['1', 'env', name]), 'name')
      reader.refuse(
        at,
        {
          code: 'GT2164',
          summary: `${name} is both a parameter and a variable of ${reader.subject}`,
          ...(span ? { related: [{ span, label: 'a variable here' }] } : {}),
        },
        'name',
      )
      return []
    }
    const parameter = readParameter(reader, value, at)
    return parameter ? [[name, parameter]] : []
  })
  return Object.fromEntries(entries)
}

function readParameter(reader: Reader, value: Encoded, path: readonly string[]): Parameter | undefined {
  const made = reader.made(value, path, 'input')
  if (!made) return undefined
  const name = path.at(-1) ?? ''
  if (made.values['type'] === 'secret') {
    reader.refuse(path, {
      code: 'GT2163',
      summary: `the parameter '${name}' of ${reader.subject} is a secret`,
      label: 'use secret() and its .file',
      notes: ['the parameters of a run are part of what gantry shows of it'],
    })
    return undefined
  }
  const input = readInputOf(reader, made, `the parameter '${name}' of ${reader.subject}`)
  if (!input) return undefined
  if (input.env !== undefined) {
    const index = input.type === 'oneOf' ? '1' : '0'
    reader.report.refuse(
      { calls: made.calls, path: [index, 'env'] },
      { code: 'GT2163', summary: `a parameter is given by gantry run, not by the variable ${input.env}` },
      'name',
    )
    return undefined
  }
  return parameterOf(input)
}

function readInputOf(reader: Reader, made: Made, subject: string): DeclaredInput | undefined {
  return readInput({ name: '', subject, secret: undefined }, made, (words, place) => {
    const other = place?.other && reader.report.spanOf({ calls: made.calls, path: place.other })
    const related = other ? { related: [{ span: other, label: 'declared here' }] } : {}
    reader.report.refuse(
      { calls: made.calls, path: place?.path ?? [] },
      { ...words, ...related },
      place?.mark,
    )
  })
}

function parameterOf({
  type,
  values,
  default: preset,
  description,
  limits,
}: DeclaredInput): Parameter | undefined {
  if (type === 'secret') return undefined
  return {
    type,
    ...(type === 'oneOf' ? { values: [...values] } : {}),
    ...(preset === undefined ? {} : { default: preset }),
    ...(description === undefined ? {} : { description }),
    ...limits,
  }
}
