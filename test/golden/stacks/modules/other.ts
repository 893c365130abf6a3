import { http, service, stack } from 'gantry'

export default stack('other', {}, () => {
  const web = service('web', { image: 'web:1', ports: { http: http(80) } })
  return { address: web.ports.http, url: 'http://other.example' }
})
