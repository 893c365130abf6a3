import { config, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const settings = config('settings', { content: 'a' })
  const data = volume('data', { access: 'shared' })
  service('a', { image: 'a:1', configs: { 'etc/a': settings, '/etc/b/': settings, '/run/secrets/c': settings } })
  service('b', { image: 'a:1', mounts: { '/etc/b': data }, configs: { '/etc/b': settings } })
  service('c', { image: 'a:1', configs: { '/etc/c': settings, '/etc/c/d': settings } })
})
