import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const common = { image: 'a:1', ports: { http: http(80) }, health: { tcp: 'http' } } as const
  service('a', { ...common, replicas: 2, rollout: { canary: [{ tasks: 1 }, { tasks: 2 }] } })
  service('b', { ...common, rollout: { canary: [{ tasks: 1 }] } })
  service('c', { ...common, replicas: 'per-node', rollout: { canary: [{ tasks: '100%' }] } })
  service('e', { ...common, rollout: { canary: [{ tasks: '50%' }] } })
  service('d', { ...common, replicas: 2, rollout: { canary: [] as never } })
})
