import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('web', {
    image: 'a:1',
    ports: { http: http(80) },
    health: { http: '/', port: 'http' },
    replicas: 4,
    rollout: { canary: [{ tasks: 1 }], blueGreen: { pause: 'promote' } },
  })
})
