import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  void import('./modules/images.ts')
  service('api', { image: 'shop/api:2.1' })
})
