import { imageOf } from '../images.ts'
import { service, stack } from 'gantry'
import passwords from '/etc/passwd.json'
import linked from './modules/linked-outside.json'

export default stack('shop', {}, () => {
  service('api', { image: imageOf('api') })
})
