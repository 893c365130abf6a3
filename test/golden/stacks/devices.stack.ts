import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources: { devices: ['fuse'] } })
  service('b', { image: 'a:1', resources: { devices: ['/dev/kvm:/dev/kvm'] } })
  service('c', { image: 'a:1', resources: { devices: ['/dev/kvm', { host: '/dev/other', container: '/dev/kvm' }] } })
  service('d', { image: 'a:1', resources: { devices: [{ host: '/dev/kvm', access: 'x' as 'r' }] } })
})
