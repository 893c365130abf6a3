import { grpc, http, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', ports: { http: http(80) }, health: { grpc: 'http' } })
  service('b', { image: 'a:1', ports: { http: http(80), rpc: grpc(90) }, probes: { liveness: { grpc: 'http' } } })
  service('c', { image: 'a:1', ports: { rpc: grpc(90) }, health: { grpc: 'rcp' as 'rpc' } })
})
