import { input, stack } from 'gantry'

export default stack(
  'shop',
  {
    domain: input.string({ env: 'shop-domain' }),
    stage: input.oneOf(['dev', 'prod'], { env: 'SHOP_STAGE' }),
    token: input.secret({ env: 'SHOP_STAGE' }),
  },
  () => {},
)
