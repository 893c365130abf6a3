import { build, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: build('./modules/linked-dockerfile', { target: '1 stage' }) })
  service('web', { image: build('./modules/linked-dockerfile', { targt: 'web' }) })
})
