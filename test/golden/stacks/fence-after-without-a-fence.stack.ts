import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', fenceAfter: '30s' })
  service('b', { image: 'a:1', onLost: 'replace', fenceAfter: '30s' })
})
