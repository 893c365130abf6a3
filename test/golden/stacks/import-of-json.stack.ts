import { port } from './modules/settings.json'
import broken from './modules/broken.json'
import legacy from './modules/legacy.mjs'
import { http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', ports: { http: http(broken.port) }, labels: { port: String(port) } })
})
