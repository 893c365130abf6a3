import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data')
  service('db', { image: 'a:1', mounts: { '/data': data }, onLost: 'fence', replicas: 'per-node' })
})
