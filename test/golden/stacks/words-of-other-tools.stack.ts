import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', volumes: {}, deploy: {}, environment: {}, livenessProbe: {}, constraints: [], instances: 2 })
  service('b', { image: 'a:1', resources: { limits: {} }, entrypoint: [], strategy: {}, healthcheck: {}, restart: 'no' })
  service('c', { image: 'a:1', xyzzy: 1, rollout: { batch: '33.33333%' } })
})
