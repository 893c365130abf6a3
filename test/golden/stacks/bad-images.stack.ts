import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('bare', { image: 'postgres' })
  service('port-is-no-tag', { image: 'registry:5000/shop' })
  service('upper-case', { image: 'Shop/Api:2.1' })
  service('digest', { image: 'shop/api@sha256:abc' })
})
