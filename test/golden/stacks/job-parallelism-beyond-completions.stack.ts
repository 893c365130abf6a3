import { job, stack } from 'gantry'

export default stack('shop', {}, () => {
  job('import', { image: 'shop/import:1', completions: 2, parallelism: 4 })
  job('export', { image: 'shop/export:1', parallelism: 2 })
})
