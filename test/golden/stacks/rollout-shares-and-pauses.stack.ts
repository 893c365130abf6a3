import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const common = { image: 'a:1', ports: { http: http(80) }, health: { tcp: 'http' }, replicas: 4 } as const
  service('a', { ...common, rollout: { canary: [{ tasks: '101%' }] } })
  service('b', { ...common, rollout: { canary: [{ tasks: 0 }] } })
  service('c', { ...common, rollout: { canary: [{ tasks: 1, pause: 'promot' as never }] } })
  service('d', { ...common, rollout: { blueGreen: { pause: 'promote', keep: '5m' } as never } })
  service('e', { ...common, rollout: { canary: [{ pause: '5m' } as never] } })
})
