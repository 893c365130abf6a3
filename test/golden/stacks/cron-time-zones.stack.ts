import { cron, stack } from 'gantry'

export default stack('shop', {}, () => {
  cron('morning', { image: 'shop/report:1', schedule: '0 6 * * *', timezone: 'europe/amsterdam' })
  cron('noon', { image: 'shop/report:1', schedule: '0 12 * * *', timezone: 'Berlin' })
  cron('evening', { image: 'shop/report:1', schedule: '0 18 * * *', timezone: 'CEST' })
  cron('night', { image: 'shop/report:1', schedule: '0 23 * * *', timezone: '+02:00' })
})
