import { place, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  service('cli', { image: 'shop/cli:2.1', env: { PEER: text`${api}` } })
  const api = service('api', { image: 'shop/api:2.1', placement: place`avoid ${api}` })
})
