import { input, service, stack } from 'gantry'

export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  service('api', { image: 'shop/api:2.1' })
  if (stage === 'prod') throw new Error('prod is not ready')
})
