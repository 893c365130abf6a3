import { grpc, http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const ports = { http: http(80), rpc: grpc(90) }
  service('a', { image: 'a:1', ports, probes: { startup: { tcp: 'http', grpc: 'rpc' } as never } })
  service('b', { image: 'a:1', ports, probes: { readiness: { tcp: 'http', service: 'x' } as never } })
  service('c', { image: 'a:1', ports, probes: { liveness: { every: '1s' } as never } })
  service('d', { image: 'a:1', ports, probes: { livenes: { tcp: 'http' } } as never })
})
