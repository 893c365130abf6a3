import { ack, config, cron, every, http, ingress, scale, secret, service, stack, text, volume } from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('password')
  const later = volume('later')
  volume('kept')
  const shared = volume('shared', { access: 'shared' })
  const app = config('app', { content: text`password = ${password}` })
  const open = config('open', { template: './modules/password.template', values: { password }, mode: '0644' })
  service('api', { image: 'shop/api:1', replicas: 3, mounts: { '/shared': shared }, configs: { '/a': app, '/b': open } })
  cron('report', { image: 'shop/report:1', schedule: '0 6 * * *', env: { PASSWORD: password.env } })
  const mail = service('mail', { image: 'shop/mail:1', replicas: scale({ min: 0, max: 4 })`queue("mail") / 10` })
  service('web', { image: 'shop/web:1', dependsOn: [mail] })
  const byDay = { min: 1, max: 1, schedule: [{ at: every`day at 08:00`, max: 3 }] }
  service('files', { image: 'shop/files:1', replicas: scale(byDay)`queue("files") / 10`, mounts: { '/shared': shared } })
  const off = service('off', { image: 'shop/off:1', replicas: 0, ports: { http: http(80) } })
  ingress('public', { host: 'off.shop.example', routes: { '/': off.ports.http } })
  ack('GT4021', 'kept for the audit', later)
  ack('GT4001', 'nothing of it', later)
})
