import { job, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data', { access: 'per-replica' })
  service('db', { image: 'postgres:17', mounts: { '/data': data } })
  job('dump', { image: 'shop/dump:1', mounts: { '/data': data.readOnly() } })
})
