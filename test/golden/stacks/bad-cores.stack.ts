import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', resources: { cpu: '2 cores', cpuLimit: '1e1' } })
  service('web', { image: 'shop/web:2.1', resources: { cpu: '500m', cpuLimit: '250m' } })
})
