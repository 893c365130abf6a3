import { config, http, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  const web = service('web', { image: 'a:1', ports: { http: http(80) } })
  service('a', { image: 'a:1', seccomp: config('words', { content: 'allow everything' }) })
  service('b', { image: 'a:1', seccomp: config('list', { content: '[]' }) })
  service('c', { image: 'a:1', seccomp: config('empty', { content: '{}' }) })
  service('d', { image: 'a:1', seccomp: config('address', { content: text`{"defaultAction":"${web.ports.http}"}` }) })
  service('e', { image: 'a:1', seccomp: 'confined' as 'unconfined' })
})
