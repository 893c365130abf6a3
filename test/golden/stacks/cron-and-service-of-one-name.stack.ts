import { cron, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('report', { image: 'shop/report:1' })
  cron('report', { image: 'shop/report:1', schedule: '0 6 * * *' })
})
