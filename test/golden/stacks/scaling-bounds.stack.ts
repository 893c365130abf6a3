import { every, scale, service, stack } from 'gantry'
import type { ScaleOptions } from 'gantry'

const tasks = (options: ScaleOptions) => scale(options)`queue("orders") / 50`

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', replicas: tasks({ min: 5, max: 2 }) })
  service('b', { image: 'a:1', replicas: scale({ min: -1, max: 200_000, protect: '5min' as '5m' })`queue("orders") / 50` })
  service('c', {
    image: 'a:1',
    replicas: scale({
      min: 2,
      max: 4,
      schedule: [
        { at: every`weekday at 25:00`, min: 3 },
        { at: every`15 minutes`, min: 3 },
        { at: every`day at 02:30 keep 3`, max: 1 },
        { at: '0 8 * *', min: 3 },
        { at: every`day at 20:00` },
      ],
    })`queue("orders") / 50`,
  })
})
