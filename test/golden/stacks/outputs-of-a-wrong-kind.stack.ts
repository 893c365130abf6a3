import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:1' })
  return { api: api as never, 'the url': 'http://shop.example', ports: [80] as never, none: null as never }
})
