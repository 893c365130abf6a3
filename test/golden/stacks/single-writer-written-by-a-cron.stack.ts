import { cron, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data')
  service('db', { image: 'postgres:17', mounts: { '/data': data }, onLost: 'fence' })
  cron('tidy', { image: 'shop/tidy:1', schedule: '0 4 * * *', mounts: { '/data': data } })
})
