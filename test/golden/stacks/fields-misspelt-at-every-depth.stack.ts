import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources: { memoryLimt: '64Mi', gpus: { cont: 1 } } as never })
  service('b', { image: 'a:1', resources: { ulimits: { nofile: { sft: 1, hard: 2 } as never } } })
  service('c', {
    image: 'a:1',
    ports: { http: http(80) },
    health: { tcp: 'http', evry: '5s' } as never,
    rollout: { canry: [], blueGreen: { kepOld: '5m' } } as never,
  })
  service('d', { image: 'a:1', budget: { minAvailabel: 1 } as never, restart: { polcy: 'never' } as never })
  service('e', { image: 'a:1', reschedule: { aftr: 3 } as never, logging: { driver: 'x', option: {} } as never })
  service('f', { image: 'a:1', capabilities: { ad: [] } as never })
  service('g', { image: 'a:1', resources: { devices: [{ host: '/dev/kvm', acces: 'r' } as never] } })
  service('h', { imag: 'a:1' } as never)
})
