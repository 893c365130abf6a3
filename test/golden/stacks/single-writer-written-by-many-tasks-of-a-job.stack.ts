import { cron, job, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const files = volume('files')
  const index = volume('index')
  const logs = volume('logs')
  job('import', { image: 'shop/import:1', completions: 9, parallelism: 3, mounts: { '/files': files } })
  job('scan', { image: 'shop/scan:1', perNode: true, mounts: { '/index': index } })
  cron('tidy', { image: 'shop/tidy:1', schedule: '0 4 * * *', overlap: 'allow', mounts: { '/logs': logs } })
})
