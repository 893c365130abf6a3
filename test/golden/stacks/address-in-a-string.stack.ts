import { http, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:2.1', ports: { http: http(8080) } })
  service('web', { image: 'shop/web:2.1', env: { API: `http://${api.ports.http}/` } })
  service('cli', { image: 'shop/cli:2.1', args: [text`--api=${api.ports.http}`] })
})
