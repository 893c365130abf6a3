import { http, secret, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('password')
  service('a', { image: 'a:1', privileged: true })
  service('b', { image: 'a:1', seccomp: 'unconfined', apparmor: 'unconfined' })
  service('c', { image: 'a:1', resources: { devices: ['/dev/kvm'] } })
  service('d', { image: 'a:1', capabilities: { add: ['SYS_ADMIN', 'NET_ADMIN'], drop: ['ALL'] } })
  service('e', { image: 'a:1', ports: { http: http(80) }, health: { tcp: 'http', every: '1s', timeout: '5s' } })
  service('f', { image: 'a:1', env: { PASSWORD: password.env } })
  const engine = volume('engine', { driver: { bind: '/var/run/docker.sock' }, access: 'shared' })
  const settings = volume('settings', { driver: { bind: '/etc' }, access: 'read-only' })
  service('h', { image: 'redis:latest', mounts: { '/var/run/docker.sock': engine, '/host': settings } })
  service('g', { image: 'a:1', sidecars: { proxy: { image: 'b:1', privileged: true } } })
})
