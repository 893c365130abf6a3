import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', resources: { memory: '512MB' } })
})
