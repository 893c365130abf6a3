import { input, job, place, service, stack } from 'gantry'

export default stack('shop', { weight: input.number({ default: 500 }) }, ({ weight }) => {
  const db = service('db', { image: 'a:1' })
  const seed = job('seed', { image: 'a:1' })
  service('a', { image: 'a:1', placement: place`near ${'db'}; avoid ${3}; avoid ${seed}` })
  service('b', { image: 'a:1', placement: place`require node.zone == ${db}` })
  service('c', { image: 'a:1', placement: place`require node.zone == "zone-${seed}" && node.os == "linux"` })
  service('d', { image: 'a:1', placement: place`avoid ${db} weight ${weight}; require node.zone = "x"` })
  service('e', { image: 'a:1', placement: place`max ${db} per node; require node.memory >= ${'4'}; require node.cpu >= ${4}` })
})
