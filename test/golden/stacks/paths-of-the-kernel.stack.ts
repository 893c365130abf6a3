import { config, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data', { access: 'shared' })
  const settings = config('settings', { content: 'a' })
  service('a', { image: 'a:1', mounts: { '/proc': data, '/sys/fs': data, '/dev/shm': data, '/run': data } })
  service('b', { image: 'a:1', configs: { '/dev/settings': settings } })
  service('c', { image: 'a:1', mounts: { '/etc/app/data': data }, configs: { '/etc/app': settings } })
  service('d', { image: 'a:1', mounts: { '/etc/app': data, '/run/app': data }, configs: { '/etc/app/a': settings } })
})
