import { service, stack, tcp, udp } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', ports: { dns: udp(53) }, health: { tcp: 'dns' } })
  service('b', { image: 'a:1', ports: { dns: udp(53), admin: tcp(80) }, probes: { readiness: { tcp: 'dns' } } })
})
