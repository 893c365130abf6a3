import { cron, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const work = volume('work', { access: 'per-replica' })
  cron('tidy', { image: 'shop/tidy:1', schedule: '0 4 * * *', overlap: 'allow', mounts: { '/work': work } })
})
