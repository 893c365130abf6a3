// Where tasks may run: place`…` of a service, job or cron.

import type { Placement } from '../../model/index.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'
import { grammarOf, tell, templateOf } from './template.ts'

export function readPlacement(scope: Scope, { reader, fields }: Declaration, keys: DocumentKeys): Placement {
  const made = reader.made(fields.get('placement'), ['1', 'placement'], 'place')
  if (!made) return scope.sources.orDefault([...keys, 'placement'], undefined, { require: [] })
  scope.sources.written([...keys, 'placement'], reader.at(['1', 'placement']))
  const template = templateOf(scope, made)
  if (!template) return { require: [] }
  const { placement, ...found } = grammarOf(scope).readPlacementText(template.text, template.holes)
  tell(scope, template, found)
  return placement
}
