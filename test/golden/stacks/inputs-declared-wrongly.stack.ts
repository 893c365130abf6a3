import { input, service, stack } from 'gantry'

export default stack(
  'shop',
  {
    stage: input.oneOf('dev', 'dev'),
    size: input.oneOf(['small', 'large'], { default: 'medium' as 'small' }),
    port: input.number({ default: 'http' as unknown as number }),
    name: 'shop' as unknown as ReturnType<typeof input.string>,
  },
  () => {
    service('api', { image: 'shop/api:2.1' })
  },
)
