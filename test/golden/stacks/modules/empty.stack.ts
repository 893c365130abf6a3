import { service, stack } from 'gantry'

export default stack('empty', {}, () => {
  service('api', { image: 'empty/api:1' })
})
