import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', replicas: 2, budget: { minAvailable: 3 } })
  service('b', { image: 'a:1', budget: { maxUnavailable: 2 } })
})
