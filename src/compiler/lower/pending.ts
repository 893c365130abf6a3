import type { Gate, Scaling } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import type { Scope } from './scope.ts'
export function readGate(
  _scope: Scope,
  reader: Reader,
  value: Encoded,
  path: readonly string[],
): Gate | undefined {
  reader.misfit(value, path)
  return undefined
}
export function readScaling(
  _scope: Scope,
  reader: Reader,
  value: Encoded,
  path: readonly string[],
): Scaling | undefined {
  reader.misfit(value, path)
  return undefined
}
