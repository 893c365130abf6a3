import { service, stack } from 'gantry'
import { imageOf } from './modules/images.ts'

function web(name: string) {
  return service(name, { image: imageOf(name) })
}

export default stack('shop', {}, () => {
  web('front')
  web('back')
})
