import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', user: 'a:b:c' })
  service('b', { image: 'a:1', groups: ['au dio', -1, 1.5] })
})
