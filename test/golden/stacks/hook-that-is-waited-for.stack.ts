import { job, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const migrate = job('migrate', { image: 'shop/migrate:1' })
  service('api', { image: 'shop/api:1', rollout: { before: migrate } })
  service('worker', { image: 'shop/worker:1', dependsOn: [migrate] })
  job('report', { image: 'shop/report:1', dependsOn: [{ on: migrate, until: 'completed' }] })
})
