import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const ports = { http: http(80) }
  service('a', { image: 'a:1', ports, replicas: 3, rollout: { canary: [{ tasks: 1 }] } })
  service('b', { image: 'a:1', ports, rollout: { blueGreen: { pause: '1m' } } })
  service('c', { image: 'a:1', ports, probes: { liveness: { tcp: 'http' } }, rollout: { blueGreen: {} } })
})
