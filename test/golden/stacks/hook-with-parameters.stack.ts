import { input, job, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const migrate = job('migrate', { image: 'shop/migrate:1', parameters: { TO: input.string() } })
  service('api', { image: 'shop/api:1', rollout: { before: migrate } })
})
