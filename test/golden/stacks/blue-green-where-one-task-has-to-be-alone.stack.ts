import { http, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data')
  const own = volume('own', { access: 'per-replica' })
  const health = { tcp: 'http' } as const
  const ports = { http: http(80) }
  service('db', { image: 'a:1', ports, health, rollout: { blueGreen: {} }, mounts: { '/data': data }, onLost: 'fence' })
  service('kv', { image: 'a:1', ports, health, rollout: { blueGreen: {} }, mounts: { '/data': own } })
  service('dns', { image: 'a:1', ports: { http: http(80, { hostPort: 80 }) }, health, rollout: { blueGreen: {} } })
  service('web', { image: 'a:1', ports, health, rollout: { order: 'stop-first', blueGreen: { pause: '1m' } } })
})
