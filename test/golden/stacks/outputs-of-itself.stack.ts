import { outputs, service, stack } from 'gantry'
import type other from './modules/other.ts'

export default stack('shop', {}, () => {
  const self = outputs<typeof other>('shop')
  const bad = outputs<typeof other>('Other Stack')
  service('api', { image: 'shop/api:1', env: { SELF: self.url, BAD: bad.url } })
})
