import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const cache = volume('cache', { driver: 'tmpfs', access: 'per-replica', size: '1Gi' })
  service('a', { image: 'a:1', resources: { memory: '256Mi', shm: '1Gi' } })
  service('b', { image: 'a:1', resources: { memory: '1Gi', memoryLimit: '2Gi', shm: '3Gi' } })
  service('c', { image: 'a:1', resources: { memory: '256Mi' }, mounts: { '/cache': cache } })
  const proxy = { image: 'b:1', resources: { memory: '64Mi' }, mounts: { '/cache': cache } } as const
  service('d', { image: 'a:1', sidecars: { proxy } })
})
