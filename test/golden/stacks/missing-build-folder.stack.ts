import { build, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: build('./ap') })
  service('web', { image: build('../web') })
})
