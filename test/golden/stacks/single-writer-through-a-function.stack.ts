import { service, stack, volume } from 'gantry'
import type { Volume } from 'gantry'

// The function does not know what kind of volume it is given, so its types cannot see the mistake.
function database(name: string, data: Volume, replicas: number) {
  return service(name, { image: 'postgres:17', mounts: { '/data': data }, replicas })
}

export default stack('shop', {}, () => {
  database('shared', volume('pool', { access: 'shared' }), 3)
  database('db', volume('db-data'), 3)
})
