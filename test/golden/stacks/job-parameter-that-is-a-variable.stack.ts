import { input, job, stack } from 'gantry'

export default stack('shop', {}, () => {
  job('resize', {
    image: 'shop/resize:1',
    env: { SIZE: 'small' },
    parameters: { SIZE: input.string() },
  })
  job('import', {
    image: 'shop/import:1',
    completions: 3,
    indexed: true,
    env: { GANTRY_INDEX: 0 },
  })
})
