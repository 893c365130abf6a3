import { service, stack } from 'gantry'

const defaults = { image: 'shop/api:2.1', replcas: 3 }

export default stack('shop', {}, () => {
  service('api', { ...defaults })
})
