import { place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', placement: place`require node.zone > "a"; require node.memory >= 4; require node.memory >= 4GB` })
  service('b', { image: 'a:1', placement: place`require node.cpu >= 2 cores; require node.cpu == "4"` })
  service('c', { image: 'a:1', placement: place`require node.labels.gen == 5; require node.memory in (4Gi, 8Gi)` })
  service('d', { image: 'a:1', placement: place`require node.zone == node.region; require "a" == "a"` })
})
