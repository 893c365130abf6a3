import { service, stack, tcp } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', env: { DATABASE: db.ports.pg } })
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
})
