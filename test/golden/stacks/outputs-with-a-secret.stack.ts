import { config, secret, service, stack, tcp, text } from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('password')
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  config('app', { content: 'a = b' })
  return {
    address: db.ports.pg,
    url: text`postgres://app:${password}@${db.ports.pg}/shop`,
    path: text`${password.file}`,
    secret: password as never,
  }
})
