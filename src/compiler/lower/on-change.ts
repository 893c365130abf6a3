// What a new version of a secret or config means to the tasks that use it.

import type { ConfigSpec } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import { readSignal } from './signals.ts'

export function readOnChange(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): ConfigSpec['onChange'] | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return reader.oneOf(value, path, ['restart', 'update'] as const)
  const fields = reader.fields(value, path)
  const at = [...path, 'signal']
  const signal = fields && readSignal(reader, reader.require(fields, 'signal', path), at)
  return signal === undefined ? undefined : { signal }
}
