import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', restart: { delay: '10m', maxDelay: '1m' } })
  service('b', { image: 'a:1', reschedule: { delay: '10m', maxDelay: '1m' } })
})
