import { service, stack } from 'gantry'

export const shop = stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1' })
})
