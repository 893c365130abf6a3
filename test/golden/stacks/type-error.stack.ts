import { input, service, stack } from 'gantry'

export default stack('shop', { replicas: input.string({ default: '2' }) }, ({ replicas }) => {
  service('api', { image: 'shop/api:2.1', replicas })
})
