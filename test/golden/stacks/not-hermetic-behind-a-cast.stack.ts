import { service, stack } from 'gantry'

const world = globalThis as unknown as { Date: { now(): number } }

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', env: { STARTED: world.Date.now() } })
})
