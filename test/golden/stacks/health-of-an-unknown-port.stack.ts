import { http, service, stack, tcp } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', ports: { http: http(80), pg: tcp(5432) }, health: { http: '/', port: 'htpp' } })
  service('b', { image: 'a:1', ports: { http: http(80), pg: tcp(5432) }, health: { http: '/', port: 'pg' } })
  service('c', { image: 'a:1', ports: { http: http(80), pg: tcp(5432) }, health: { tcp: 'pgsql' } })
  service('d', { image: 'a:1', health: { tcp: 'pg' } })
})
