// A probe that is written as another tool writes it, or in no shape at all, is one mistake.

import { http, service, stack } from 'gantry'

const image = 'shop/api:1'

export default stack('wrong', {}, () => {
  service('cmd', { image, health: { cmd: ['true'] } })
  service('cmd-and-every', { image, health: { cmd: ['true'], every: '5s' } })
  service('path', { image, ports: { web: http(80) }, health: { path: '/healthz', port: 'web' } })
  service('http-get', { image, health: { httpGet: { path: '/healthz', port: 80 } } })
  service('path-in-http', {
    image,
    ports: { web: http(80) },
    health: { http: { path: '/healthz', port: 'web' } },
  })
  service('list', { image, health: ['true'] })
  service('unknown', { image, probes: { liveness: { zzz: 1 } } })
  service('interval', { image, health: { exec: ['true'], interval: '5s' } })
  service('compose', { image, health: { test: ['CMD', 'true'], interval: '5s', retries: 3 } })
  service('nothing', { image, health: {} })
  service('only-how-often', { image, health: { every: '5s', tiemout: '1s' } })
})

/** Nothing calls it: the types say the same. */
export function never(): void {
  service('cmd', { image, health: { cmd: ['true'] } })
  service('path', { image, ports: { web: http(80) }, health: { path: '/healthz', port: 'web' } })
  service('list', { image, health: ['true'] })
  service('one-string', { image, health: { exec: 'true' } })
}
