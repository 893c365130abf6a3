import { input, service, stack } from 'gantry'

export default stack('shop', { stage: input.oneOf('dev', 'prod'), big: input.boolean() }, ({ stage, big }) => {
  service('a', { image: 'a:1', replicas: stage === 'prod' ? -1 : big ? -2 : 1 })
  service('b', { image: `shop/${stage}`, replicas: 1 })
})
