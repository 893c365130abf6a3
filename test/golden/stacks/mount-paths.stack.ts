import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data', { access: 'shared' })
  service('a', { image: 'a:1', mounts: { 'var/lib/data': data } })
  service('b', { image: 'a:1', mounts: { '/var/lib/data/': data, '/a/../b': data } })
  service('c', { image: 'a:1', mounts: { '/': data, '/run/secrets/x': data } })
  service('d', { image: 'a:1', mounts: { '/data': 'data' } })
})
