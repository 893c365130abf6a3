import { gate, service, stack, tcp } from 'gantry'

export default stack('shop', {}, () => {
  service('api', {
    image: 'a:1',
    ports: { api: tcp(80) },
    health: { tcp: 'api' },
    rollout: { gate: gate`errors < 1% && cpu < 80% for 2m` },
  })
  service('web', { image: 'a:1', ports: { api: tcp(80) }, rollout: { gate: gate`metric("x") < 1 for 2m` } })
})
