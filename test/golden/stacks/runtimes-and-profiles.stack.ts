import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', runtime: 'run sc' })
  service('b', { image: 'a:1', apparmor: '' })
})
