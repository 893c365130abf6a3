import { host, port } from 'wrong-types'
import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('web', { image: 'shop/web:2.1', ports: { http: http(port) }, env: { HOST: host } })
})
