import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  let names = ['a']
  for (;;) names = [...names, ...names]
  service('api', { image: 'shop/api:2.1', args: names })
})
