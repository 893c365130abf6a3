import { build, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: build('./modules/linked-dockerfile') })
})
