import { cron, service, stack } from 'gantry'
import type { Job } from 'gantry'

export default stack('shop', {}, () => {
  const report = cron('report', { image: 'shop/report:1', schedule: '0 6 * * *' })
  service('api', { image: 'shop/api:1', dependsOn: [report] })
  service('web', { image: 'shop/web:1', dependsOn: [report as unknown as Job] })
})
