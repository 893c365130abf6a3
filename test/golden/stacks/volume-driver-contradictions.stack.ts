import { every, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const cache = volume('cache', { driver: 'tmpfs', access: 'shared' })
  const scratch = volume('scratch', {
    driver: 'tmpfs',
    access: 'per-replica',
    reclaim: 'delete',
    backup: every`day at 02:30 keep 7`,
  })
  const memory = volume('memory', { driver: 'tmpfs' })
  const media = volume('media', { driver: { bind: '/srv/media' }, access: 'per-replica', reclaim: 'delete' })
  const empty = volume('empty', { access: 'read-only' })
  const zoned = volume('zoned', { timezone: 'Europe/Amsterdam' })
  service('api', {
    image: 'shop/api:1',
    onLost: 'fence',
    mounts: { '/1': cache, '/2': scratch, '/3': memory, '/4': media, '/5': empty, '/6': zoned },
  })
})
