import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources: { memoryLimit: '1Mi', shm: '0Ki' } })
  service('b', { image: 'a:1', restart: { delay: '1ms' }, reschedule: { within: '10ms' } })
  service('c', { image: 'a:1', onLost: 'fence', fenceAfter: '1s' })
  service('d', { image: 'a:1', resources: { pids: 0, gpus: 65 }, priority: 101 })
})
