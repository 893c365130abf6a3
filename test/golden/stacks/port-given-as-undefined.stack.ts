import { service, stack, tcp, text } from 'gantry'
import type { Port } from 'gantry'

export default stack('shop', {}, () => {
  const ports = { pg: undefined as unknown as Port<'tcp'>, admin: tcp(8080) }
  const db = service('db', { image: 'postgres:17', ports })
  service('api', {
    image: 'shop/api:2.1',
    env: { DATABASE_URL: text`postgres://app@${db.ports.pg}/shop` },
  })
})
