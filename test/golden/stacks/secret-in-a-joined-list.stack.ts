import { secret, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const token = secret('token')
  service('api', { image: 'shop/api:2.1', args: [['--token', token].join('=')] })
})
