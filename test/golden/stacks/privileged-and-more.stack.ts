import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', privileged: true, capabilities: { drop: ['NET_RAW'] } })
  service('b', { image: 'a:1', privileged: true, seccomp: 'unconfined' })
  service('d', { image: 'a:1', privileged: true, apparmor: 'docker-nginx' })
  service('c', { image: 'a:1', privileged: true, resources: { devices: ['/dev/kvm'] } })
})
