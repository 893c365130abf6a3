import { input, job, stack } from 'gantry'

export default stack('shop', {}, () => {
  job('resize', {
    image: 'shop/resize:1',
    parameters: {
      'batch-size': input.number(),
      TOKEN: input.secret(),
      LIMIT: input.number({ env: 'LIMIT' }),
      PREFIX: input.string({ pattern: '[a-z]+', default: 'A' }),
      WIDTH: '100' as unknown as ReturnType<typeof input.string>,
    },
  })
})
