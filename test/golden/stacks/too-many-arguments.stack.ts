import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  service('api')
  volume('data', { access: 'everybody' }, 3)
})
