import { http, secret, service, stack, volume } from 'gantry'

export default stack('Shop', {}, () => {
  service('api', { image: 'shop/api:2.1' })
})
