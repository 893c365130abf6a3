import { job, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const migrate = job('migrate', { image: 'a:1' })
  const db = service('db', { image: 'a:1' })
  service('a', { image: 'a:1', dependsOn: [{ on: migrate, until: 'healthy' }] })
  service('b', { image: 'a:1', dependsOn: [{ on: db, until: 'completed' }] })
})
