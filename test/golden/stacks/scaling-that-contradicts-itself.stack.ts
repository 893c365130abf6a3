import { every, http, scale, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const common = { image: 'a:1', ports: { web: http(80) }, resources: { cpu: '250m' } } as const
  service('a', { ...common, replicas: scale({ min: 0, max: 4 })`cpu > 70% for 1m => +1` })
  service('b', { ...common, replicas: scale({ min: 0, max: 4 })`requests / 50` })
  service('c', { ...common, replicas: scale({ min: 1, max: 4 })`cpu > 70% => +1; cpu > 70% => +2` })
  service('d', { ...common, replicas: scale({ min: 1, max: 4 })`cpu > 70% => +1; cpu > 70% for 5m => -1` })
  service('e', { ...common, replicas: scale({ min: 1, max: 4 })`requests / 50; requests / 10` })
  const schedule = [{ at: every`day at 08:00`, min: 2 }, { at: every`day at 08:00`, min: 3 }]
  service('f', { ...common, replicas: scale({ min: 1, max: 4, schedule })`cpu > 70% => +1` })
})
