import { grpc, http, service, stack, udp } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', ports: { web: http(8080), rpc: grpc(8080), dns: udp(8080) } })
})
