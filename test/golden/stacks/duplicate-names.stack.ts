import { job, secret, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1' })
  service('api', { image: 'shop/api:2.2' })
  job('api', { image: 'shop/migrate:1' })
  volume('data')
  volume('data')
  secret('api')
})
