import { http, ingress, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:1', ports: { http: http(8080) } })
  ingress('a', { host: '*.shop.example', routes: { '/': api.ports.http } })
  ingress('b', { host: ['shop.example', 'localhost'], routes: { '/b': api.ports.http }, tls: 'auto' })
  ingress('c', { host: 'shop.example', routes: { '/c': api.ports.http }, tls: 'internal' })
})
