import { gate, http, service, stack } from 'gantry'

const common = { image: 'a:1', ports: { web: http(80) }, health: { http: '/', port: 'web' } } as const

export default stack('shop', {}, () => {
  service('a', { ...common, rollout: { gate: gate`p99 < 300` } })
  service('b', { ...common, rollout: { gate: gate`errors < 1% && p99 = 300ms for 2 minutes` } })
  service('c', { ...common, rollout: { gate: gate`errors < 1% for 2m; p99 < 300ms` } })
  service('d', { ...common, rollout: { gate: gate`erors < 1%, p99 < 300ms` } })
  service('e', { ...common, rollout: { gate: gate`` } })
  service('f', { ...common, replicas: 4, rollout: { canary: [{ tasks: 1, gate: gate`errors > 100%` }] } })
})
