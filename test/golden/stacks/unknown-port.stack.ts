import { service, stack, tcp, text } from 'gantry'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  service('api', { image: 'shop/api:2.1', env: { DATABASE_URL: text`postgres://app@${db.ports.pgsql}/shop` } })
})
