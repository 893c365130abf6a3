import { config, http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:1', ports: { http: http(8080) } })
  config('nginx', {
    template: './modules/nginx.conf.template',
    values: { prot: 80, upstream: api.ports.http, 'server-name': 'shop.example', extra: api as never },
  })
})
