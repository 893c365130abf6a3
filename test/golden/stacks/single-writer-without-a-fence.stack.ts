import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data')
  const logs = volume('logs', { access: 'single-writer' })
  const seen = volume('seen')
  service('db', { image: 'a:1', mounts: { '/data': data } })
  service('log', { image: 'a:1', sidecars: { shipper: { image: 'b:1', mounts: { '/logs': logs } } } })
  service('reader', { image: 'a:1', mounts: { '/seen': seen.readOnly() } })
})
