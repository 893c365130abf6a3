import { input, place, service, stack } from 'gantry'

export default stack('shop', { disk: input.string({ default: 'ssd' }) }, ({ disk }) => {
  service('a', { image: 'a:1', placement: place`require node.labels.disk = "ssd"; sprad zone` })
  service('b', { image: 'a:1', placement: place`require node.lables.disk == ${disk} && node.os == linux` })
  service('c', { image: 'a:1', placement: place`requre node.arch == "amd64"; node.os == "linux"` })
  service('d', {
    image: 'a:1',
    placement: place`
      require node.labels.disk == "${disk}-2"
      && node.os # "linux";
      require node.name ==
    `,
  })
  service('e', { image: 'a:1', placement: place`` })
  service('f', { image: 'a:1', placement: place`require node.os == "linux` })
  service('g', { image: 'a:1', placement: place`require node.os == ${3 as unknown as string}` })
})
