import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', capabilities: { add: ['cap_net_admin'] } })
  service('b', { image: 'a:1', capabilities: { add: ['NET_ADMN'] } })
  service('c', { image: 'a:1', capabilities: { add: ['CHOWN'], drop: ['CHOWN'] } })
})
