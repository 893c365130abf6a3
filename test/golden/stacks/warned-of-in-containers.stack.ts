import { config, http, secret, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('password')
  service('a', { image: 'a:1', privileged: true })
  service('b', { image: 'a:1', seccomp: 'unconfined', apparmor: 'unconfined' })
  service('c', { image: 'a:1', resources: { devices: ['/dev/kvm'] } })
  service('d', { image: 'a:1', capabilities: { add: ['SYS_ADMIN', 'NET_ADMIN'], drop: ['ALL'] } })
  service('e', { image: 'a:1', ports: { http: http(80) }, health: { tcp: 'http', every: '1s', timeout: '5s' } })
  service('f', { image: 'a:1', env: { PASSWORD: password.env } })
  service('g', { image: 'a:1', sidecars: { proxy: { image: 'b:1', privileged: true } } })
})
