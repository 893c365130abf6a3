import { ack, config, cron, secret, service, stack, text, volume } from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('password')
  const later = volume('later')
  volume('kept')
  const shared = volume('shared', { access: 'shared' })
  const app = config('app', { content: text`password = ${password}` })
  const open = config('open', { template: './modules/password.template', values: { password }, mode: '0644' })
  service('api', { image: 'shop/api:1', replicas: 3, mounts: { '/shared': shared }, configs: { '/a': app, '/b': open } })
  cron('report', { image: 'shop/report:1', schedule: '0 6 * * *', env: { PASSWORD: password.env } })
  ack('GT4021', 'kept for the audit', later)
  ack('GT4001', 'nothing of it', later)
})
