import { http, ingress, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:1', ports: { http: http(8080) } })
  const port = api.ports.http
  ingress('public', {
    host: 'shop.example',
    routes: { api: port, '/v1/': port, '/v1/../v2': port, '/search?q=': port, '/files/*': port, '/a b': port },
  })
  ingress('nothing', { host: 'none.example', routes: {} })
})
