import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources: { ulimits: { nofiles: 1024 } } })
  service('b', { image: 'a:1', resources: { ulimits: { openfiles: 1024 } } })
  service('c', { image: 'a:1', resources: { ulimits: { nofile: { soft: 2048, hard: 1024 } } } })
  service('d', { image: 'a:1', resources: { ulimits: { nofile: { soft: -1, hard: 1024 } } } })
  service('e', { image: 'a:1', resources: { ulimits: { nofile: -2, nproc: { soft: 5 } as never } } })
})
