// There are no comments in a template; what stands beside one is read all the same.

import { cron, every, gate, http, place, scale, service, stack } from 'gantry'

const image = 'shop/api:1'

export default stack('shop', {}, () => {
  service('api', {
    image,
    ports: { http: http(80) },
    health: { http: '/', port: 'http' },
    replicas: scale({ min: 20, max: 90 })`cpu > 70% for 1m => +1 // busy; memry > 70% => +1`,
    placement: place`
      require node.oss == "linux" # the machines that we bought; spread zne
      max 2 per node /* of each */; near db`,
    rollout: { canary: [{ tasks: '10%', gate: gate`/* good */ errors < 1% fr 5m` }] },
  })
  cron('report', { image, schedule: every`30 2 * * * # at night` })
})
