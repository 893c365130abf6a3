import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', {
    image: 'shop/api:2.1',
    ports: { http: http(8080) },
    health: { http: '/', port: 'http', every: '5sec', timeout: '-1s' },
    stopGrace: '1e1s',
    rollout: { minHealthy: '10m', deadline: '5m' },
  })
})
