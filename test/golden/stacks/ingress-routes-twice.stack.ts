import { http, ingress, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:1', ports: { http: http(8080) } })
  ingress('public', { host: 'shop.example', routes: { '/': api.ports.http, '/api': api.ports.http } })
  ingress('private', {
    host: ['in.example', 'shop.example'],
    routes: { '/admin': api.ports.http, '/api': api.ports.http },
  })
  ingress('double', { host: ['a.example', 'a.example'], routes: { '/': api.ports.http } })
})
