import { place, service, stack } from 'gantry'

const onFast = () => place`require node.labels.disk == ssd`
const everywhere = place`spread zoen`

export default stack('shop', {}, () => {
  for (const name of ['a', 'b']) service(name, { image: 'a:1', placement: onFast() })
  service('c', { image: 'a:1', placement: everywhere })
})
