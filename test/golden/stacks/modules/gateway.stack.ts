import { http, service, stack } from 'gantry'

export default stack('gateway', {}, () => {
  const api = service('api', { image: 'gateway/api:1', ports: { http: http(80) } })
  return { api: api.ports.http, apiPort: 80 }
})
