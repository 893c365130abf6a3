import folder from './modules/a-folder.json'
import bytes from './modules/not-text.ts'
import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: folder.image })
})
