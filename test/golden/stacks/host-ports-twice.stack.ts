import { http, service, stack, tcp, udp } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', ports: { http: http(80, { hostPort: 80 }) } })
  service('b', { image: 'a:1', ports: { http: http(8080, { hostPort: 80 }) } })
  service('c', { image: 'a:1', ports: { http: tcp(8080, { published: 80 }) } })
  service('d', { image: 'a:1', ports: { one: udp(53, { published: 53 }), two: udp(54, { hostPort: 53 }) } })
  service('e', { image: 'a:1', ports: { dns: tcp(53, { published: 53 }) } })
})
