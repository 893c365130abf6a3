import { job, stack } from 'gantry'

export default stack('shop', {}, () => {
  job('warm', { image: 'shop/warm:1', perNode: true, completions: 3, indexed: true })
})
