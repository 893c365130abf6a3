// The ports that a service listens on. That no two of the stack are the same port of a host is a rule of the whole stack
// (rules.ts).

import { isName, nameRule } from '../../model/index.ts'
import type { Port } from '../../model/index.ts'
import { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

const bounds = { min: 1, max: 65535 }

const protocols = ['tcp', 'udp', 'http', 'grpc'] as const

export function readPorts(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
): Record<string, Port> {
  const earlier = new Map<string, string>()
  const entries = [...(reader.record(fields.get('ports'), reader.path('ports')) ?? [])].flatMap(
    ([name, each]): [string, Port][] => {
      const path = reader.path('ports', name)
      scope.sources.written([...keys, 'ports', name], reader.at(path))
      if (!isName(name))
        reader.refuse(
          path,
          { code: 'GT2004', summary: `'${name}' cannot be the name of a port`, notes: [nameRule] },
          'name',
        )
      const made = reader.made(each, path, 'listen')
      const protocol = protocols.find((word) => word === made?.values['protocol'])
      if (!made || !protocol) return []
      const inner = new Reader(scope.report, scope.references, {
        word: protocol,
        subject: `port '${name}' of ${reader.subject}`,
        calls: made.calls,
      })
      const container = inner.whole(made.values['port'], ['0'], bounds)
      const options = inner.fields(made.values['options'], ['1'])
      const published = inner.whole(options?.get('published'), ['1', 'published'], bounds)
      const hostPort = inner.whole(options?.get('hostPort'), ['1', 'hostPort'], bounds)
      if (container === undefined || !isName(name)) return []
      const key = `${protocol === 'udp' ? 'udp' : 'tcp'} ${container}`
      const other = earlier.get(key)
      if (other === undefined) earlier.set(key, name)
      else {
        const span = reader.report.spanOf(reader.at(reader.path('ports', other)))
        reader.refuse(path, {
          code: 'GT2138',
          summary: `ports '${other}' and '${name}' of ${reader.subject} are both ${container} in the container`,
          ...(span ? { related: [{ span, label: `'${other}' is here` }] } : {}),
        })
      }
      const optional = {
        ...(published === undefined ? {} : { published }),
        ...(hostPort === undefined ? {} : { hostPort }),
      }
      return [[name, { container, protocol, ...optional }]]
    },
  )
  return Object.fromEntries(entries)
}
