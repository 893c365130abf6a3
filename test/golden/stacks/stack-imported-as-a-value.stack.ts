import { outputs, service, stack } from 'gantry'
import other from './deep-recursion.stack.ts'

export default stack('stack-imported-as-a-value', {}, () => {
  void outputs<typeof other>('shop')
  service('api', { image: 'shop/api:2.1' })
})
