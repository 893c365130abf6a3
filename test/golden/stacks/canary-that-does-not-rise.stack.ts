import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const common = { image: 'a:1', ports: { http: http(80) }, health: { tcp: 'http' }, replicas: 8 } as const
  service('shares', { ...common, rollout: { canary: [{ tasks: '25%' }, { tasks: '25%' }] } })
  service('counts', { ...common, rollout: { canary: [{ tasks: 3 }, { tasks: 1 }] } })
  service('mixed', { ...common, rollout: { canary: [{ tasks: 3 }, { tasks: '25%' }] } })
})
