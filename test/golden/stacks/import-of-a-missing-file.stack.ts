import { imageOf } from './modules/imagse.ts'
import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: imageOf('api') })
})
