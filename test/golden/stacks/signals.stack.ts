import { config, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', stopSignal: '15' })
  service('b', { image: 'a:1', stopSignal: 'SIGTREM' })
  service('c', { image: 'a:1', stopSignal: 'SIGRTMIN+3' })
  service('d', { image: 'a:1', stopSignal: 'SIGRTMIN+99' })
  const settings = config('settings', { content: 'a', onChange: { signal: 'HUP' } })
  service('e', { image: 'a:1', stopSignal: 'KILL', configs: { '/a': settings } })
})
