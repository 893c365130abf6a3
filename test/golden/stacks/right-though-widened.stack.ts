import { service, stack, volume } from 'gantry'
import type { Mounts, Ports, ServiceOptions } from 'gantry'

// Constants lose their literals to TypeScript; the values are right, and the rules see them.
export default stack('shop', {}, () => {
  const options = { image: 'a:1', restart: 'always' }
  service('whole', options)
  service('spread', { ...options, replicas: 2 })
  const resources = { cpu: '500m', memory: '1Gi' }
  service('part', { image: 'a:1', resources })
  const rollout = { order: 'start-first', canary: [{ tasks: '10%', pause: '5m' }] }
  const health = { exec: ['true'], every: '5s' }
  service('nested', { image: 'a:1', rollout, health, replicas: 10 })
  const disk = { access: 'shared', driver: { nfs: 'nas.example', path: '/data' }, size: '1Gi' }
  const data = volume('data', disk)
  const three = <P extends Ports, M extends Mounts>(name: string, given: ServiceOptions<P, M>) =>
    service(name, { ...given, replicas: 3 })
  three('generic', { image: 'a:1', mounts: { '/data': data } })
})
