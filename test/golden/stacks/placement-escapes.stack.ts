import { place, service, stack } from 'gantry'

const zone = 'a'

export default stack('shop', {}, () => {
  service('a', {
    image: 'a:1',
    placement: place`
      require node.labels.path == "c:\\temp\q" && node.labels.note == "ünï\"cödé 😀 ${zone}" && node.zoen == "a";
      require node.labels.end == "${zone}" && node.os =
    `,
  })
  service('b', { image: 'a:1', placement: place`require node.os == 'linux; require node.arch == "amd64"` })
  service('c', { image: 'a:1', placement: place`require node.labels.${zone} == "a"` })
})
