import { service, stack } from 'gantry'

export default stack('shop', {}, async () => {
  const image = await Promise.resolve('shop/api:2.1' as const)
  service('api', { image })
})
