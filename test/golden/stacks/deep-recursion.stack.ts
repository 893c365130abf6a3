import { service, stack } from 'gantry'

function depth(of: number): number {
  return 1 + depth(of + 1)
}

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', replicas: depth(0) })
})
