// What a placement means: which nodes may and should run a task. Invariant: every rule is in what comes out, or is refused.

import type { Placement } from '../src/model/index.ts'
import { judge, readCondition } from './condition.ts'
import type { MeantCondition } from './condition.ts'
import type { Meant } from './meant.ts'
import { readReference } from './names.ts'
import type { ConditionTerms } from './names.ts'
import { nodeFields, shortAttributes } from './fields.ts'
import { parse } from './parse.ts'
import { MeaningReader, unknown } from './reading.ts'
import type { HoleValue, Outcome } from './reading.ts'
import type { NumberNode, PlacementRule } from './syntax.ts'

const nodeTerms: ConditionTerms = { fields: nodeFields, owner: 'a node has', noun: 'attribute' }

const defaultWeight = 50

type Mutable<Part> = { -readonly [Key in keyof Part]: Part[Key] }

export interface ReadPlacement extends Outcome {
  readonly placement: Placement
}

/** The text has `holeMark` where the template has a hole; `holes` is undefined where their values are not known. */
export function readPlacementText(text: string, holes?: readonly HoleValue[]): ReadPlacement {
  const { sentence, mistakes } = parse('place', text)
  const reader = new MeaningReader(text, holes, mistakes)
  const rules = sentence?.language === 'place' ? sentence.rules : []
  const placement = new PlacementReader(reader).read(rules)
  return { placement, ...reader.outcome() }
}

class PlacementReader {
  readonly #reader: MeaningReader
  readonly #required: Meant[] = []
  readonly #placement: Mutable<Placement> = { require: [] }
  readonly #seen = new Set<string>()

  constructor(reader: MeaningReader) {
    this.#reader = reader
  }

  read(rules: readonly PlacementRule[]): Placement {
    for (const rule of rules) this.#rule(rule)
    judge(this.#required, this.#reader)
    return this.#placement
  }

  #rule(rule: PlacementRule): void {
    switch (rule.kind) {
      case 'require': {
        const condition = this.#condition(rule)
        this.#required.push(condition.meant)
        if (condition.condition) this.#placement.require.push(...conjuncts(condition.condition))
        return
      }
      case 'prefer': {
        const { condition, meant } = this.#condition(rule)
        judge([meant], this.#reader)
        const weight = this.#weight(rule.weight)
        if (condition && weight !== undefined)
          this.#placement.prefer = [...(this.#placement.prefer ?? []), { when: condition, weight }]
        return
      }
      case 'spread':
        this.#spread(rule)
        return
      case 'near':
      case 'avoid':
        this.#near(rule)
        return
      case 'max': {
        const count = this.#reader.whole(rule.count, 'the most tasks per node', { min: 1, max: 100_000 })
        if (this.#isSecond('max', rule, "'max … per node' is said twice")) return
        if (typeof count === 'number') this.#placement.maxPerNode = count
        return
      }
      case 'tolerate':
        this.#tolerate(rule)
        return
    }
  }

  #condition(rule: PlacementRule & { kind: 'require' | 'prefer' }): MeantCondition {
    const condition = readCondition(rule.condition, nodeTerms, this.#reader)
    const { meant } = condition
    if (meant.kind === 'constant' && !meant.holds)
      this.#reader.refuse(
        'GT3203',
        rule.condition,
        'this can never hold: it is about values alone, and they differ',
      )
    return condition
  }

  #weight(node: NumberNode | undefined): number | undefined {
    if (!node) return defaultWeight
    const weight = this.#reader.whole(node, 'a weight', { min: 1, max: 100 })
    return typeof weight === 'number' ? weight : undefined
  }

  #spread(rule: PlacementRule & { kind: 'spread' }): void {
    const weight = this.#weight(rule.weight)
    const written = rule.attribute
    const name = shortAttributes.get(written.name) ?? written.name
    const known = readReference({ ...written, name, end: written.end }, nodeTerms, this.#reader)
    if (known === undefined || known === unknown) return
    const { field, attribute } = known
    if (field.type !== 'text') {
      this.#reader.refuse(
        'GT3202',
        written,
        `tasks are spread over the values of a text, and '${attribute}' is none`,
        'spread zone',
      )
      return
    }
    if (this.#isSecond(`spread ${attribute}`, rule, `tasks are spread over '${attribute}' twice`)) return
    if (weight !== undefined)
      this.#placement.spread = [...(this.#placement.spread ?? []), { attribute, weight }]
  }

  #near({ kind, target, weight: written, start, end }: PlacementRule & { kind: 'near' | 'avoid' }): void {
    const service = this.#reader.service(target, kind)
    const weight = written && this.#weight(written)
    if (service === undefined) return
    if (this.#isSecond(`near ${service}`, { start, end }, `'${service}' is in 'near' or 'avoid' twice`))
      return
    if (written && weight === undefined) return
    this.#placement.near = [
      ...(this.#placement.near ?? []),
      { service, away: kind === 'avoid', ...(weight === undefined ? {} : { weight }) },
    ]
  }

  #tolerate({ taints }: PlacementRule & { kind: 'tolerate' }): void {
    for (const taint of taints) {
      const text = this.#reader.text(taint)
      if (text === undefined || text === unknown) continue
      if (!/^[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?(?:=[\w./-]*)?$/.test(text)) {
        this.#reader.refuse('GT3102', taint, `'${text}' is no taint`, 'write "name" or "name=value"')
        continue
      }
      if (this.#isSecond(`tolerate ${text}`, taint, `'${text}' is tolerated twice`)) continue
      this.#placement.tolerate = [...(this.#placement.tolerate ?? []), text]
    }
  }

  #isSecond(key: string, at: { readonly start: number; readonly end: number }, message: string): boolean {
    if (!this.#seen.has(key)) {
      this.#seen.add(key)
      return false
    }
    this.#reader.refuse('GT3205', at, message)
    return true
  }
}

/** Every one of a list has to hold, as of the parts of `&&`. */
function conjuncts(condition: Placement['require'][number]): Placement['require'] {
  return 'all' in condition ? [...condition.all] : [condition]
}
