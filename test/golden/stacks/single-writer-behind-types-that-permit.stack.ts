import { input, service, stack, volume } from 'gantry'
import type { Mounts, Volume } from 'gantry'

export default stack('shop', { isBig: input.boolean() }, ({ isBig }) => {
  const data = volume('data')
  const more = volume('more')
  const twice = (name: string, at: Volume) =>
    service(name, { image: 'a:1', mounts: { '/data': at }, replicas: 2, onLost: 'fence' })
  twice('given', data)
  const mounts: Mounts = { '/more': more }
  service('named', { image: 'a:1', ...(isBig ? { mounts } : {}), replicas: 2, onLost: 'replace' })
})
