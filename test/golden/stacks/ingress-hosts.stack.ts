import { http, ingress, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:1', ports: { http: http(8080) } })
  const routes = { '/': api.ports.http }
  ingress('a', { host: 'https://shop.example/', routes })
  ingress('b', { host: ['shop.example:8080', 'shop.example/api'], routes })
  ingress('c', { host: 'www.*.example', routes })
  ingress('d', { host: 'Shop.example', routes })
  ingress('e', { host: '10.0.0.1', routes })
  ingress('f', { host: 'shop_1.example', routes })
  ingress('h', { host: 'bücher.example', routes })
  ingress('g', { host: [] as unknown as string, routes })
})
