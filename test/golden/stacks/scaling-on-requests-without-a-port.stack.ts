import { scale, service, stack, tcp } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'a:1', ports: { web: tcp(80) }, replicas: scale({ min: 1, max: 4 })`p99 > 1s => +1` })
})
