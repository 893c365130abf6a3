// The ports that a service listens on. That two services do not publish the same one is a rule of the whole stack
// (rules.ts).

import { isName, nameRule } from '../../model/index.ts'
import type { Port } from '../../model/index.ts'
import { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

const bounds = { min: 1, max: 65535 }

export function readPorts(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
): Record<string, Port> {
  const entries = [...(reader.record(fields.get('ports'), ['1', 'ports']) ?? [])].flatMap(
    ([name, each]): [string, Port][] => {
      const path = ['1', 'ports', name]
      scope.sources.written([...keys, 'ports', name], reader.at(path))
      if (!isName(name))
        reader.refuse(
          path,
          { code: 'GT2004', summary: `'${name}' cannot be the name of a port`, notes: [nameRule] },
          'name',
        )
      const made = reader.made(each, path, 'listen')
      const protocol = made?.values['protocol']
      if (!made || (protocol !== 'tcp' && protocol !== 'http')) return []
      const inner = new Reader(scope.report, scope.references, {
        word: protocol,
        subject: `port '${name}' of ${reader.subject}`,
        calls: made.calls,
      })
      const container = inner.whole(made.values['port'], ['0'], bounds)
      const published = inner.whole(
        inner.fields(made.values['options'], ['1'])?.get('published'),
        ['1', 'published'],
        bounds,
      )
      if (container === undefined || !isName(name)) return []
      return [[name, { container, protocol, ...(published === undefined ? {} : { published }) }]]
    },
  )
  return Object.fromEntries(entries)
}
