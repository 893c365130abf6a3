import { place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', placement: place`prefer node.zone != "c" weight 50; spread zone` })
  service('b', { image: 'a:1', placement: place`require node.os == "linux" || node.arch == "arm64"` })
  service('c', { image: 'a:1', placement: place`require node.cpu > 4; require node.name >= "a"` })
  service('d', { image: 'a:1', placement: place`require !(node.os == "linux")` })
})
