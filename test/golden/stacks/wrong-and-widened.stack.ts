import { job, service, stack, volume } from 'gantry'
import type { Mounts, Ports, ServiceOptions } from 'gantry'

export default stack('shop', {}, () => {
  const options = { image: 'a', restart: 'alwais' }
  service('whole', options)
  const resources = { cpu: '500m', memory: '1GB', memry: '1Gi' }
  service('part', { image: 'a:1', resources })
  const sized = { image: 'a:1', replicas: '2', restart: 'always' }
  service('beside', sized)
  const migrate = { image: 'a:1', backoff: { delay: 'soon' } }
  job('migrate', migrate)
  const data = volume('data')
  const three = <P extends Ports, M extends Mounts>(name: string, given: ServiceOptions<P, M>) =>
    service(name, { ...given, replicas: 3, onLost: 'fence' })
  three('generic', { image: 'a:1', mounts: { '/data': data } })
})
