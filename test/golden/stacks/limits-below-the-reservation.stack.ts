import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources: { cpu: '2', cpuLimit: '1' } })
  service('b', { image: 'a:1', resources: { memory: '64Mi', memoryLimit: '32Mi' } })
})
