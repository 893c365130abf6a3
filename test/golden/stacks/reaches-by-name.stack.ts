import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('db', { image: 'a:1' })
  service('api', { image: 'a:1', reaches: ['db' as never, 5 as never] })
})
