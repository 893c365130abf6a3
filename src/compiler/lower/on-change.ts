// What a new version of a secret or config means to the tasks that use it.

import type { ConfigSpec } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'

export function readOnChange(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
): ConfigSpec['onChange'] | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return reader.oneOf(value, path, ['restart', 'update'] as const)
  const fields = reader.fields(value, path)
  const signal = fields && reader.string(reader.require(fields, 'signal', path), [...path, 'signal'])
  if (signal === undefined) return undefined
  if (/^SIG[A-Z0-9]+(?:[+-]\d+)?$/.test(signal)) return { signal }
  const better = `SIG${signal.toUpperCase().replace(/^SIG/, '')}`
  reader.refuse([...path, 'signal'], {
    code: 'GT2112',
    summary: `'${signal}' is not a signal`,
    ...(/^SIG[A-Z0-9]+$/.test(better) ? { label: `did you mean '${better}'?` } : {}),
  })
  return undefined
}
