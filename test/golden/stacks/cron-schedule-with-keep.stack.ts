import { cron, every, stack } from 'gantry'

export default stack('shop', {}, () => {
  cron('report', { image: 'shop/report:1', schedule: every`day at 02:30 keep 7` })
})
