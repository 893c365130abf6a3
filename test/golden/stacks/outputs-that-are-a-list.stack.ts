import { stack } from 'gantry'

export default stack('shop', {}, () => {
  return ['http://shop.example'] as never
})
