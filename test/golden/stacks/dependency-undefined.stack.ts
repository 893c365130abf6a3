import { service, stack } from 'gantry'
import type { Service } from 'gantry'

export default stack('shop', {}, () => {
  const known: Record<string, Service> = { db: service('db', { image: 'postgres:17' }) }
  service('api', { image: 'shop/api:2.1', dependsOn: [known['cache']!] })
})
