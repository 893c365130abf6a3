import { job, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:2.1', dependsOn: [web] })
  const migrate = job('migrate', { image: 'shop/migrate:1', dependsOn: [api] })
  const web = service('web', { image: 'shop/web:2.1', dependsOn: [migrate] })
})
