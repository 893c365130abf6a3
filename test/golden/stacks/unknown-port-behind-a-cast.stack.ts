import { service, stack, tcp, text } from 'gantry'
import type { PortRef } from 'gantry'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  const ports = db.ports as unknown as Record<string, PortRef>
  const port = 'pgsql'
  service('api', {
    image: 'shop/api:2.1',
    env: { DATABASE_URL: text`postgres://app@${ports[port] ?? ''}/shop` },
  })
})
