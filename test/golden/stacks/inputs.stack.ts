import { input, service, stack } from 'gantry'

export default stack(
  'shop',
  {
    stage: input.oneOf('dev', 'prod'),
    port: input.number({ description: 'port of the host' }),
    debug: input.boolean({ default: false }),
    domain: input.string(),
  },
  ({ stage, port, debug, domain }) => {
    service('api', { image: 'shop/api:2.1', env: { STAGE: stage, PORT: port, DEBUG: debug, DOMAIN: domain } })
  },
)
