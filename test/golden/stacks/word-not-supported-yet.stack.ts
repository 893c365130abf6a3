import { cron, servce, stack } from 'gantry'

export default stack('shop', {}, () => {
  cron('report', { image: 'shop/report:1', schedule: '30 2 * * *' })
  servce('api', { image: 'shop/api:2.1' })
})
