import { service, stack, tcp } from 'gantry'

export default stack('shop', {}, () => {
  const database = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  service('api', { image: 'shop/api:2.1', env: { DATABASE: databse.ports.pg } })
})
