import { input, stack } from 'gantry'

export default stack(
  'shop',
  {
    domain: input.string({ minLength: 10, maxLength: 3 }),
    name: input.string({ minLength: -1 }),
    replicas: input.number({ min: 5, max: 2 }),
    port: input.number({ min: 1, max: 65535, whole: true, default: 80.5 }),
    label: input.string({ pattern: '[a-z]+', default: 'Shop' }),
    zone: input.string({ maxLength: 3, default: 'eu-west' }),
    count: input.number({ max: '5' as unknown as number }),
    key: input.secret({ default: 'hunter2' } as never),
  },
  () => {},
)
