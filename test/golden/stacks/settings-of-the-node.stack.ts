import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', sysctls: { 'vm.max_map_count': 262144 } })
  service('b', { image: 'a:1', sysctls: { 'net.core.somaxconn': true as never } })
})
