import { place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', placement: place`require zone == "a" && node.zoen == "b" && node.gpu == "c"` })
  service('b', { image: 'a:1', placement: place`spread node.memory; spread rack; spread node.lables.rack` })
  service('c', { image: 'a:1', placement: place`require node.zone("a") == "b"; require labels.topology.example/zone == "a"` })
})
