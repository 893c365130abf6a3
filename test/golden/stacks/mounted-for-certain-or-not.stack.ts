import { ack, input, service, stack, volume } from 'gantry'
import type { Mounts, Ports, ServiceOptions, Volume } from 'gantry'

// What is mounted is known when the program is evaluated: the types forbid nothing that may turn out right.
export default stack('shop', { isBig: input.boolean() }, ({ isBig }) => {
  const media = volume('media', { access: 'shared', driver: { nfs: 'nas.example', path: '/media' } })
  const own = volume('own')
  service('spread', { image: 'a:1', mounts: { ...(isBig ? { '/m': media } : {}) }, replicas: 2 })
  service('absent', { image: 'a:1', mounts: { '/m': isBig ? media : undefined }, replicas: 2 })
  const mounts: Mounts = { '/m': media }
  service('named', { image: 'a:1', mounts, replicas: 2 })
  const withVolume = (name: string, at: Volume) =>
    service(name, { image: 'a:1', mounts: { '/m': at }, replicas: 3, onLost: 'replace' })
  withVolume('given', media)
  service('either', {
    image: 'a:1',
    mounts: { '/m': isBig ? media : own },
    replicas: isBig ? 3 : 1,
    onLost: isBig ? 'replace' : 'fence',
  })
  const web = (name: string, options: Partial<ServiceOptions<Ports, Mounts>>) =>
    service(name, { image: 'a:1', ...options })
  web('partial', { replicas: 3, onLost: 'replace', rollout: { order: 'start-first' } })
  ack('GT4021', 'own is for small shops alone', own)
})
