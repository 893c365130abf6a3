import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { replicas: 2 })
})
