import { place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'a:1' })
  service('a', { image: 'a:1', placement: place`spread zone; spread node.zone weight 20; max 1 per node; max 2 per node` })
  service('b', { image: 'a:1', placement: place`near ${db} weight 10; avoid ${db}; tolerate "gpu", "gpu"` })
  service('c', { image: 'a:1', placement: place`require node.zone in ("a", "b", "a"); spread zone weight 0` })
})
