import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', logging: { driver: 'json file' } })
  service('b', { image: 'a:1', logging: { options: { tag: 'b' } } as never })
})
