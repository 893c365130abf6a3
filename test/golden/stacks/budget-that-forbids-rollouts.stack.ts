import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', replicas: 2, rollout: { order: 'stop-first' }, budget: { minAvailable: 2 } })
  service('b', { image: 'a:1', replicas: 2, rollout: { order: 'stop-first' }, budget: { maxUnavailable: 0 } })
  const data = volume('data')
  service('db', { image: 'a:1', mounts: { '/data': data }, onLost: 'fence', budget: { minAvailable: '100%' } })
})
