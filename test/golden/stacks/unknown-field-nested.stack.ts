import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', {
    image: 'shop/api:2.1',
    ports: { http: http(8080) },
    health: { http: '/', port: 'http', intervall: '5s' },
    resources: { disk: '5Gi' },
  })
})
