import { http, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:2.1', ports: { http: http(8080) } })
  service('web', { image: 'shop/web:2.1', env: { API: text`http://${api}/` } })
})
