import { place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'a:1' })
  service('a', { image: 'a:1', placement: place`avoid db; near ${db} wieght 5; max two per node; max 2 per rack` })
  service('b', { image: 'a:1', placement: place`spread; tolerate gpu; require node.os == "linux" weight 5` })
  service('c', { image: 'a:1', placement: place`spred zone; prefr node.os == "linux"; affinity zone` })
})
