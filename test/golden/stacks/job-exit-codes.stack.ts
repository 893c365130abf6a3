import { job, stack } from 'gantry'

export default stack('shop', {}, () => {
  job('import', {
    image: 'shop/import:1',
    exitCodes: { fail: [2, 256], succeed: [0, 10], retry: [75, 2] },
  })
})
