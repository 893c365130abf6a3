import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const ports = { http: http(80) }
  service('a', { image: 'a:1', ports, health: { http: 'healthz', port: 'http' } })
  service('b', { image: 'a:1', ports, health: { http: '/', port: 'http', exec: ['true'] } })
  service('c', { image: 'a:1', ports, health: { exec: [] } })
  service('d', { image: 'a:1', ports, health: { every: '5s' } })
  service('e', { image: 'a:1', ports, health: { http: '/' } })
})
