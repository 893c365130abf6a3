import { job, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data')
  service('db', { image: 'postgres:17', mounts: { '/data': data }, onLost: 'fence' })
  service('reader', { image: 'a:1', mounts: { '/data': data.readOnly() }, replicas: 3 })
  job('import', { image: 'shop/import:1', mounts: { '/data': data } })
})
