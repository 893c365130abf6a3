import { every, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const a = volume('a', { backup: every`day at 02:30 keep 0` })
  const b = volume('b', { backup: every`day at 02:30 kepe 7` })
  const c = volume('c', { backup: every`day at 02:30 keep 7 days` })
  service('db', { image: 'a:1', onLost: 'fence', mounts: { '/a': a, '/b': b, '/c': c } })
})
