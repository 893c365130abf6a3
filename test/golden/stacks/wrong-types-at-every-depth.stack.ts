import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', replicas: 'three' as never, init: 'yes' as never, privileged: 1 as never })
  service('b', { image: 'a:1', resources: { gpus: 'one' as never, ulimits: { nofile: '1k' as never } } })
  service('c', { image: 'a:1', resources: { devices: [5 as never], pids: '9' as never } })
  service('d', { image: 'a:1', rollout: { canary: 5 as never, blueGreen: true as never } })
  service('e', { image: 'a:1', rollout: { pause: false as never, before: null as never } })
  service('f', { image: 'a:1', budget: 1 as never, restart: 'sometimes' as never, reschedule: 'always' as never })
  service('g', { image: 'a:1', capabilities: ['NET_ADMIN'] as never, sysctls: [] as never })
  service('h', { image: 'a:1', logging: 'journald' as never, sidecars: [] as never })
  service('i', { image: 'a:1', initContainers: { one: 'b:1' as never }, configs: { '/a': 'b' as never } })
  service('j', { image: 'a:1', onLost: true as never, priority: 'high' as never, reaches: 'db' as never })
  service('k', { image: 'a:1', groups: [{} as never], seccomp: true as never })
  service('l', { image: 'a:1', probes: { startup: 'http' as never, readiness: { exec: 'true' as never } } })
})
