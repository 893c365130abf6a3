import { input, secret, service, stack, tcp } from 'gantry'

export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  const token = secret('token')
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  if (stage === 'prd' || stage === 'staging') service('web', { image: 'shop/web:2.1' })
  if (token === 'abc' || token < 'abc') service('api', { image: 'shop/api:2.1' })
  if (db.ports.pg == 'db:5432') service('cli', { image: 'shop/cli:2.1' })
})
