import { service, stack } from 'gantry'

export const tools = stack('tools', {}, () => {
  service('registry', { image: 'registry:2' })
})

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1' })
})
