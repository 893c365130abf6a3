import { place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', placement: place`require node.os === "linux" & node.arch !== "arm64" | node.os = "x"` })
  service('b', { image: 'a:1', placement: place`require node.os "linux" and node.arch == "amd64"` })
  service('c', { image: 'a:1', placement: place`require node.os == "linux" and node.arch == "amd64"` })
  service('d', { image: 'a:1', placement: place`require node.zone in "a"; require node.zone not "a"` })
  service('e', { image: 'a:1', placement: place`require && node.os ==; prefer (node.os == "linux"` })
})
