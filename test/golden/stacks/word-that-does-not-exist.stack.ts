import { corn, servce, stack } from 'gantry'

export default stack('shop', {}, () => {
  corn('report', { image: 'shop/report:1', schedule: '30 2 * * *' })
  servce('api', { image: 'shop/api:2.1' })
})
