import { secret, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('db-password', { generate: { bytes: 24 } })
  service('api', { image: 'shop/api:2.1', env: { DATABASE_URL: text`postgres://app:${password}@db/shop` } })
})
