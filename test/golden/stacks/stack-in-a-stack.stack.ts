import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('web', { image: 'shop/web:2.1' })
  stack('inner', {}, () => {})
})
