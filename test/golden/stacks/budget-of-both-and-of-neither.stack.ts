import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', replicas: 3, budget: { minAvailable: 2, maxUnavailable: 1 } })
  service('b', { image: 'a:1', replicas: 3, budget: {} })
  service('c', { image: 'a:1', replicas: 3, budget: { minAvailable: '0%' } })
})
