import { input, service, stack } from 'gantry'

// The comparison can never hold, which TypeScript sees and no rule could.
export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  service('api', { image: 'shop/api:2.1', replicas: stage === 'staging' ? 2 : 1 })
})
