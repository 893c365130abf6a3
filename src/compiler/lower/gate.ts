// What has to hold before a rollout goes on: gate`…`.

import type { Gate } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import type { Scope } from './scope.ts'
import { grammarOf, tell, templateOf } from './template.ts'

/** Undefined when `value` is no gate, or a wrong one; that was said then. */
export function readGate(
  scope: Scope,
  reader: Reader,
  value: Encoded,
  path: readonly string[],
): Gate | undefined {
  const made = reader.made(value, path, 'gate')
  if (!made) return undefined
  const template = templateOf(scope, made)
  if (!template) return undefined
  const { gate, ...found } = grammarOf(scope).readGateText(template.text, template.holes)
  return tell(scope, template, found) ? gate : undefined
}
