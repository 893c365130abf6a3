import { every, scale, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('data')
  const replicas = scale({ min: 1, max: 1, schedule: [{ at: every`weekday at 08:00`, max: 4 }] })`queue("jobs") / 10`
  service('db', { image: 'a:1', mounts: { '/data': data }, onLost: 'fence', replicas: replicas as never })
})
