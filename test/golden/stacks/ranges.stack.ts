import { http, job, secret, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', replicas: -1 })
  service('b', { image: 'a:1', replicas: 1.5 })
  service('c', { image: 'a:1', ports: { http: http(70000) } })
  job('d', { image: 'a:1', retries: 5000 })
  secret('e', { generate: { bytes: 8 } })
})
