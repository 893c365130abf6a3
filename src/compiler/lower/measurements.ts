// What the templates of policies and gates measure, for rules about the services that have them. It judges nothing.

import type { Span } from '../../model/index.ts'
import { isReference } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Where } from './report.ts'
import type { Scope } from './scope.ts'
import { grammarOf, templateOf } from './template.ts'

export interface MeasuredAt {
  /** `cpu`, `queue` … */
  readonly attribute: string
  readonly of?: string
  /** Where it is named; undefined when the template is not written in the program. */
  readonly span: Span | undefined
  /** The call that made the policy or gate, for a place of last resort. */
  readonly where: Where
}

/** What a policy or a gate measures, in the order of the text; nothing for any other value. It reports nothing. */
export function measurementsOf(scope: Scope, value: Encoded | undefined): readonly MeasuredAt[] {
  if (!isReference(value) || (value.$ !== 'scale' && value.$ !== 'gate')) return []
  const template = templateOf(scope, scope.references.made(value))
  if (!template) return []
  const { readGateText, readScalingText } = grammarOf(scope)
  const { measured } =
    value.$ === 'gate'
      ? readGateText(template.text, template.holes)
      : readScalingText(template.text, template.holes)
  return measured.map(({ attribute, of, start, end }) => ({
    attribute,
    ...(of === undefined ? {} : { of }),
    span: template.span(start, end),
    where: template.where,
  }))
}
