import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('web', {
    image: 'a:1',
    ports: { http: http(80) },
    health: { tcp: 'http' },
    probes: { liveness: { tcp: 'http' } },
  })
})
