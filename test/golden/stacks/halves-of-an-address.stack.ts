import { config, ingress, http, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:2.1', ports: { http: http(8080) } })
  const { host, number } = api.ports.http
  service('web', { image: 'shop/web:2.1', env: { API: `http://${api.ports.http.host}/`, NEXT: api.ports.http.number + 1 } })
  service('cli', { image: 'shop/cli:2.1', args: [text`--api=${host}`], workingDir: number })
  service('old', { image: 'shop/old:2.1', env: { HOST: api.ports.http.hosts, PORT: api.ports.http.port } })
  service('new', { image: 'shop/new:2.1', reaches: [host], env: { PORT: `${number}` } })
  ingress('public', { host: 'shop.example', routes: { '/': api.ports.http.host } })
  config('settings', { content: number })
})
