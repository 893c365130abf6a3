import { http, ingress, outputs, route, service, stack, tcp } from 'gantry'
import type { PortRef } from 'gantry'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432), admin: http(8080) } })
  const pg = db.ports.pg as PortRef as PortRef<'http'>
  ingress('a', { host: 'a.example', routes: { '/': db.ports.pg } })
  ingress('b', { host: 'b.example', routes: { '/': pg, '/admin': route(pg, { stripPrefx: true } as never) } })
  ingress('c', { host: 'c.example', routes: { '/': db as never } })
  ingress('d', { host: 'd.example', routes: { '/': outputs('other')['web'] as never } })
  ingress('e', { routes: { '/': db.ports.admin } } as never)
})
