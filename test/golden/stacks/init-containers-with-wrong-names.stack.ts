import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', initContainers: { second: { image: 'b:1' }, 1: { image: 'c:1' } } })
  service('b', { image: 'a:1', initContainers: { Prepare: { image: 'b:1' } } })
  service('c', { image: 'a:1', sidecars: { proxy: { image: 'b:1' } }, initContainers: { proxy: { image: 'c:1' } } })
})
