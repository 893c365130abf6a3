import { input, service, stack } from 'gantry'

export default stack(
  'shop',
  {
    domain: input.string({ pattern: '[a-z.]+', env: 'SHOP_DOMAIN' }),
    port: input.number({ min: 1, max: 65535, whole: true }),
    token: input.secret({ description: 'of the payment service' }),
  },
  ({ domain, port, token }) => {
    service('api', { image: 'shop/api:1', env: { DOMAIN: domain, PORT: port, TOKEN_FILE: token.file } })
  },
)
