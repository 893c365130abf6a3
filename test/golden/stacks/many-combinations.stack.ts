import { input, service, stack } from 'gantry'

const flags = {
  a: input.boolean(),
  b: input.boolean(),
  c: input.boolean(),
  d: input.boolean(),
  e: input.boolean(),
  f: input.boolean(),
  stage: input.oneOf('dev', 'prod'),
}

export default stack('shop', flags, ({ stage }) => {
  service('api', { image: 'shop/api:2.1', labels: { stage } })
})
