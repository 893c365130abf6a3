import { input, service, stack } from 'gantry'

const inputs = { stage: input.oneOf('dev', 'test', 'prod'), debug: input.boolean() }

export default stack('shop', inputs, ({ stage, debug }) => {
  service('api', {
    image: 'shop/api:2.1',
    replicas: stage === 'prod' ? 2.5 : 1,
    resources: { memory: stage === 'prod' && debug ? '1Mi' : '64Mi' },
  })
  if (stage !== 'dev') service('metrics', { image: 'shop/metrics' as 'shop/metrics:1' })
})
