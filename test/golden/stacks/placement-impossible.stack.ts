import { input, place, service, stack } from 'gantry'

export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  service('a', { image: 'a:1', placement: place`require node.zone == "a" && node.zone == "b"` })
  service('b', { image: 'a:1', placement: place`require node.os == "linux"; require node.os != "linux"` })
  service('c', { image: 'a:1', placement: place`prefer node.memory > 8Gi && !(node.memory >= 4Gi)` })
  service('d', { image: 'a:1', placement: place`require node.zone in ("a", "b") && node.zone in ("c", "d")` })
  service('e', { image: 'a:1', placement: place`require ${stage} == "prod" && node.zone == "a"` })
})
