// An input that there is none of is told where it is named, and what becomes of its value nowhere else.

import { input, place, service, stack, text, volume } from 'gantry'

const options = (stage: string) => ({ image: `shop/api:${stage}` as const })

export default stack('shop', { stage: input.oneOf('dev', 'prod'), replicas: input.number() }, (inputs) => {
  service('image', { image: inputs.stge })
  service('in-text', { image: `shop/api:${inputs.stge}`, env: { A: text`${inputs.stge}` } })
  service('in-a-list', { image: 'shop/api:1', args: [inputs.stge], replicas: inputs.replica })
  service(inputs.stge, { image: 'shop/api:1', env: { A: inputs['stge'] } })
  const { stge } = inputs
  service('constant', { image: 'shop/api:1', command: [stge], workingDir: stge })
  const stag = inputs.stag
  service('other', { image: 'shop/api:1', env: { A: text`${stag}` }, placement: place`require node.zone == ${stag}` })
  service('options', options(inputs.stge))
  service('looked-up', { image: 'shop/api:1', replicas: { dev: 1, prod: 2 }[inputs.stge] })
  volume('data', { size: `${inputs.replica}Gi` })
  service('beside', { image: 'shop/api:1', args: [inputs.stge], replicas: 1.5 })
})
