import { http, service, stack, udp, volume } from 'gantry'

export default stack('shop', {}, () => {
  const own = volume('own', { access: 'per-replica' })
  service('dns', { image: 'a:1', ports: { dns: udp(53, { hostPort: 53 }) }, rollout: { order: 'start-first' } })
  service('kv', { image: 'a:1', ports: { http: http(80) }, mounts: { '/data': own }, rollout: { order: 'start-first' } })
})
