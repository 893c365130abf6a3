import { place, secret, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const token = secret('token')
  service('web', { image: 'shop/web:2.1', replcas: 2 })
  service('late', { image: 'shop/late', placement: place`require` })
  service('api', { image: 'shop/api:2.1', args: [[token].join(',')] })
  service('end', { image: 'shop/end:2.1', replicas: 'two' })
})
