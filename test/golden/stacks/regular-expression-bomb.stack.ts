import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const isName = /^(\w+\s?)+$/.test('a'.repeat(40) + '!')
  service('api', { image: 'shop/api:2.1', replicas: isName ? 1 : 2 })
})
