import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources: { gpus: 0 } })
  service('b', { image: 'a:1', resources: { gpus: { count: 1, kind: 'nvidia a100' } } })
  service('c', { image: 'a:1', resources: { gpus: { kind: 'nvidia' } as never } })
})
