import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', sidecars: { proxy: { image: 'b:1', comand: ['x'] } as never } })
  service('b', { image: 'a:1', sidecars: { proxy: { image: 'b:1', resources: { memry: '64Mi' } } as never } })
  service('c', { image: 'a:1', sidecars: { proxy: { command: ['x'] } as never } })
  service('d', { image: 'a:1', ports: { http: http(80) }, sidecars: { proxy: { image: 'b:1', health: { tcp: 'htp' as 'http' } } } })
  service('e', { image: 'a:1', initContainers: { one: { image: 'b:1', health: { exec: ['true'] } } as never } })
})
