import { cron, stack } from 'gantry'

const common = { image: 'shop/report:1', history: { succeded: 1 } }

export default stack('shop', {}, () => {
  cron('report', { ...common, schedule: '0 6 * * *', overlap: 'never' as 'forbid', mised: '1m' } as never)
  cron('tidy', { image: 'shop/tidy:1' } as never)
})
