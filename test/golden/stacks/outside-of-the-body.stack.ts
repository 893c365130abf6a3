import { service, stack } from 'gantry'

const db = service('db', { image: 'postgres:17' })

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', dependsOn: [db] })
})
