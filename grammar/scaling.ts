// What a scaling policy and a gate mean: conditions on measurements, how long they have to hold, and steps. Invariant: a
// measurement comes with the place it was named at, because whether a service has it is for others to say.

import type { Gate, Scaling } from '../src/model/index.ts'
import { judge, readCondition } from './condition.ts'
import type { Measured } from './condition.ts'
import { readReference } from './names.ts'
import type { ConditionTerms } from './names.ts'
import { measurements } from './fields.ts'
import { quote } from './mistake.ts'
import type { Extent } from './mistake.ts'
import { parse } from './parse.ts'
import { judgeRules, judgeTargets } from './policy.ts'
import type { ReadRule } from './policy.ts'
import { MeaningReader, unknown } from './reading.ts'
import type { HoleValue, Outcome } from './reading.ts'
import type { Expression, NumberNode, ScalingRule, StepNode } from './syntax.ts'

const measurementTerms: ConditionTerms = {
  fields: measurements,
  owner: 'there is',
  noun: 'measurement',
}

type Rule = Scaling['rules'][number]
type Target = Scaling['targets'][number]

export interface ReadScaling extends Outcome {
  readonly rules: readonly Rule[]
  readonly targets: readonly Target[]
  readonly measured: readonly Measured[]
}

/** The text has `holeMark` where the template has a hole; `holes` is undefined where their values are not known. */
export function readScalingText(text: string, holes?: readonly HoleValue[]): ReadScaling {
  const { sentence, mistakes } = parse('scale', text)
  const reader = new MeaningReader(text, holes, mistakes)
  const rules: ReadRule[] = []
  const targets: { target: Target; at: Extent }[] = []
  const measured: Measured[] = []
  for (const rule of sentence?.language === 'scale' ? sentence.rules : [])
    if (rule.kind === 'target') {
      const target = readTarget(rule, reader, measured)
      if (target) targets.push({ target, at: rule })
    } else {
      const read = readStepRule(rule, reader, measured)
      if (read) rules.push({ rule: read, at: rule, condition: rule.condition })
    }
  judgeRules(rules, reader)
  judgeTargets(targets, reader)
  return {
    rules: rules.map((each) => each.rule),
    targets: targets.map((each) => each.target),
    measured,
    ...reader.outcome(),
  }
}

export interface ReadGate extends Outcome {
  /** Undefined when there is a mistake, or a hole that is not known. */
  readonly gate: Gate | undefined
  readonly measured: readonly Measured[]
}

export function readGateText(text: string, holes?: readonly HoleValue[]): ReadGate {
  const { sentence, mistakes } = parse('gate', text)
  const reader = new MeaningReader(text, holes, mistakes)
  const measured: Measured[] = []
  let gate: Gate | undefined
  if (sentence?.language === 'gate') {
    const { condition, wait } = sentence.gate
    const when = readMeasured(condition, reader, measured)
    const forMs = readWait(wait, reader)
    if (when && forMs !== undefined) gate = { when, forMs }
  }
  return { gate, measured, ...reader.outcome() }
}

function readMeasured(
  expression: Expression,
  reader: MeaningReader,
  measured: Measured[],
): Gate['when'] | undefined {
  const read = readCondition(expression, measurementTerms, reader)
  measured.push(...read.measured)
  judge([read.meant], reader)
  if (read.meant.kind === 'constant')
    reader.refuse(
      'GT3203',
      expression,
      `this ${read.meant.holds ? 'always' : 'never'} holds: nothing is measured, only values are compared`,
    )
  return read.condition
}

/** A condition without `for` counts as soon as it holds. */
function readWait(node: NumberNode | undefined, reader: MeaningReader): number | undefined {
  if (!node) return 0
  const wait = reader.amount(node, 'time', "what follows 'for'", '5m')
  return typeof wait === 'number' ? wait : undefined
}

function readStepRule(
  { condition, wait, step }: ScalingRule & { kind: 'step' },
  reader: MeaningReader,
  measured: Measured[],
): Rule | undefined {
  const when = readMeasured(condition, reader, measured)
  const forMs = readWait(wait, reader)
  const taken = readStep(step, reader)
  return when && forMs !== undefined && taken ? { when, forMs, step: taken } : undefined
}

const stepPattern = /^([+-])(\d+)(?:\.\d+)?(%?)$/

function readStep(node: StepNode, reader: MeaningReader): Rule['step'] | undefined {
  const written = reader.written(node.amount)
  if (written === undefined || written === unknown) return undefined
  const step = `${node.sign ?? ''}${written}`
  const match = stepPattern.exec(step)
  const number = Number(step.replace('%', ''))
  const isShare = match?.[3] === '%'
  if (!match || (!isShare && !Number.isInteger(number))) {
    reader.refuse(
      'GT3201',
      node,
      `${quote(step)} is no step: write tasks such as +2 or -1, or a share such as +50%`,
    )
    return undefined
  }
  if (number === 0) {
    reader.refuse('GT3204', node, 'a step of nothing changes nothing')
    return undefined
  }
  if (isShare ? number < -100 || number > 1000 : Math.abs(number) > 100_000) {
    const bounds = isShare ? 'from -100% to +1000%' : 'of at most 100000 tasks'
    reader.refuse('GT3204', node, `a step is ${bounds}, not ${step}`)
    return undefined
  }
  return isShare ? { percent: number } : { count: number }
}

function readTarget(
  { measurement, per }: ScalingRule & { kind: 'target' },
  reader: MeaningReader,
  measured: Measured[],
): Target | undefined {
  const known = readReference(measurement, measurementTerms, reader)
  const number = reader.amount(per, 'number', 'what one task can take')
  if (known === undefined || known === unknown) return undefined
  const { field, attribute, of } = known
  measured.push({
    attribute,
    ...(of === undefined ? {} : { of }),
    start: measurement.start,
    end: measurement.end,
  })
  if (!field.isTotal) {
    reader.refuse(
      'GT3202',
      measurement,
      `'${attribute}' is no amount of work that tasks share`,
      'queue("…"), requests and metric("…") are; write a rule such as cpu > 70% => +1',
    )
    return undefined
  }
  if (typeof number !== 'number') return undefined
  if (number <= 0) {
    reader.refuse('GT3204', per, 'what one task can take is more than 0')
    return undefined
  }
  return { attribute, ...(of === undefined ? {} : { of }), per: number }
}
