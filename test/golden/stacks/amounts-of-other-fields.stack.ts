import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('negative', { image: 'a:1', resources: { memoryLimit: '-5Mi' } })
  service('exponent', { image: 'a:1', resources: { shm: '1e3Mi' } })
  service('hexadecimal', { image: 'a:1', resources: { cpuLimit: '0x10m' } })
  service('blank', { image: 'a:1', reschedule: { within: ' 5m' } })
  service('zero', { image: 'a:1', restart: { delay: '05s' } })
  service('unit', { image: 'a:1', onLost: 'fence', fenceAfter: '15sec' as '15s' })
  service('deep', { image: 'a:1', sidecars: { proxy: { image: 'b:1', resources: { memory: '-1Mi' } } } })
  service('pause', {
    image: 'a:1',
    ports: { http: http(80) },
    health: { tcp: 'http' },
    replicas: 2,
    rollout: { canary: [{ tasks: 1, pause: '1e1s' }] },
  })
})
