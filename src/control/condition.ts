// Conditions on nodes: whether one holds, and how it reads. Invariant: a comparison with something that a node does not
// have (a label, a zone) is false for `==` and every order, and true for `!=`; numbers compare with numbers, words with
// words. Conditions on measurements are not decided here.

import { formatBytes, formatCpu, formatDuration, unreachable } from '../model/index.ts'
import type { Comparison, Condition, Node } from '../model/index.ts'

const words = ['node.id', 'node.name', 'node.os', 'node.arch', 'node.zone', 'node.region']
const numbers = ['node.cpu', 'node.memory']

/** Measurements with a unit; those without are numbers. What they are stands in the grammar, which is not known here. */
const percents = ['cpu', 'memory', 'errors']
const times = ['p50', 'p95', 'p99']

/** For messages. */
export const attributesOfNodes =
  'nodes have node.id, node.name, node.os, node.arch, node.zone, node.region, node.cpu, node.memory and node.labels.NAME'

/** Whether nodes have it, so that a condition may speak of it. */
function isAttribute(attribute: string): boolean {
  return isWord(attribute) || numbers.includes(attribute)
}

/** Whether it is one of a few values, so that tasks can be spread over them. */
export function isWord(attribute: string): boolean {
  return words.includes(attribute) || /^node\.labels\../.test(attribute)
}

/** Why a comparison cannot be decided for any node; null when it can. */
export function mistakeIn({ attribute, of, operator, value }: Comparison): string | null {
  if (!isAttribute(attribute)) return `${attribute}, which no node has`
  if (of !== undefined) return `${attribute}("${of}"), and attributes of nodes have no argument`
  if (numbers.includes(attribute))
    return typeof value === 'number' ? null : `${attribute} compared with the text "${value}"`
  if (typeof value === 'number' || (operator !== '==' && operator !== '!='))
    return `${attribute} ${operator} ${JSON.stringify(value)}, and words are only compared by == and !=`
  return null
}

/** Every comparison of a condition. */
export function comparisonsIn(condition: Condition): Comparison[] {
  if ('all' in condition) return condition.all.flatMap(comparisonsIn)
  if ('any' in condition) return condition.any.flatMap(comparisonsIn)
  if ('not' in condition) return comparisonsIn(condition.not)
  return [condition]
}

export function holds(condition: Condition, node: Node): boolean {
  return holdsFor(condition, (attribute) => valueOn(node, attribute))
}

/** Whether a condition without measurements holds for what has those values; undefined: it has none. */
export function holdsFor(
  condition: Condition,
  valueOf: (attribute: string) => string | number | undefined,
): boolean {
  if ('all' in condition) return condition.all.every((each) => holdsFor(each, valueOf))
  if ('any' in condition) return condition.any.some((each) => holdsFor(each, valueOf))
  if ('not' in condition) return !holdsFor(condition.not, valueOf)
  const { operator, value } = condition
  const is = valueOf(condition.attribute)
  switch (operator) {
    case '==':
      return is === value
    case '!=':
      return is !== value
    case '<':
      return typeof is === 'number' && typeof value === 'number' && is < value
    case '<=':
      return typeof is === 'number' && typeof value === 'number' && is <= value
    case '>':
      return typeof is === 'number' && typeof value === 'number' && is > value
    case '>=':
      return typeof is === 'number' && typeof value === 'number' && is >= value
    default:
      return unreachable(operator)
  }
}

/** Undefined for what the node does not have. A zone and a region are what its labels of that name say. */
export function valueOn(node: Node, attribute: string): string | number | undefined {
  const label = (name: string) => (Object.hasOwn(node.labels, name) ? node.labels[name] : undefined)
  if (attribute.startsWith('node.labels.')) return label(attribute.slice('node.labels.'.length))
  switch (attribute) {
    case 'node.id':
      return node.id
    case 'node.name':
      return node.name
    case 'node.os':
      return node.platform.os
    case 'node.arch':
      return node.platform.arch
    case 'node.zone':
      return label('zone')
    case 'node.region':
      return label('region')
    case 'node.cpu':
      return node.capacity.cpu
    case 'node.memory':
      return node.capacity.memory
    default:
      throw new Error(`the document holds an unknown node attribute: ${attribute}`)
  }
}

/** As it is written in a template: `node.labels.disk == "ssd" && node.memory >= 8Gi`. */
export function conditionText(condition: Condition): string {
  return textOf(condition, false)
}

function textOf(condition: Condition, isInner: boolean): string {
  if ('not' in condition) return `!(${textOf(condition.not, false)})`
  if ('all' in condition) return joined(condition.all, '&&', 'true', isInner)
  if ('any' in condition) return joined(condition.any, '||', 'false', isInner)
  const { attribute, of, operator, value } = condition
  return `${attribute}${of === undefined ? '' : `(${JSON.stringify(of)})`} ${operator} ${valueText(attribute, value)}`
}

function joined(parts: readonly Condition[], operator: string, empty: string, isInner: boolean): string {
  if (parts.length === 0) return empty
  const text = parts.map((each) => textOf(each, parts.length > 1)).join(` ${operator} `)
  return isInner && parts.length > 1 ? `(${text})` : text
}

function valueText(attribute: string, value: string | number): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (attribute === 'node.cpu') return formatCpu(value)
  if (attribute === 'node.memory') return formatBytes(value)
  if (percents.includes(attribute)) return `${value}%`
  if (times.includes(attribute)) return formatDuration(value)
  return String(value)
}
