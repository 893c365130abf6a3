import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('db', { image: 'postgres:17' })
  service('api', { image: 'shop/api:2.1', dependsOn: ['db'] })
})
