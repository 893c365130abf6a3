// Volumes and secrets.

import type { SecretSpec, VolumeSpec } from '../../model/index.ts'
import type { Declared } from '../sandbox/opened.ts'
import { openDeclaration } from './scope.ts'
import type { Scope } from './scope.ts'

export function readVolume(scope: Scope, declared: Declared): VolumeSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const { sources } = scope
  const keys = ['volumes', name]
  sources.written(keys, reader.where)
  for (const field of fields.keys()) sources.written([...keys, field], reader.at(['1', field]))
  const size = reader.amount('size', fields.get('size'), ['1', 'size'], { min: 1024, atLeast: '1Ki' })
  return {
    ...(size === undefined ? {} : { size }),
    access: sources.orDefault(
      [...keys, 'access'],
      reader.oneOf(fields.get('access'), ['1', 'access'], ['single-writer', 'shared']),
      'single-writer',
    ),
    reclaim: sources.orDefault(
      [...keys, 'reclaim'],
      reader.oneOf(fields.get('reclaim'), ['1', 'reclaim'], ['retain', 'delete']),
      'retain',
    ),
    driver: { kind: 'local' },
  }
}

export function readSecret(scope: Scope, declared: Declared): SecretSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  scope.sources.written(['secrets', name], reader.where)
  const path = ['1', 'generate']
  const generate = reader.fields(fields.get('generate'), path)
  if (!generate) return {}
  scope.sources.written(['secrets', name, 'generateBytes'], reader.at(path))
  const bytes = reader.whole(reader.require(generate, 'bytes', path), [...path, 'bytes'], {
    min: 16,
    max: 1024,
  })
  return bytes === undefined ? {} : { generateBytes: bytes }
}
