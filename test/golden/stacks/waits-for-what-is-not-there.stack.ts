import { input, job, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const resize = job('resize', { image: 'shop/resize:1', parameters: { WIDTH: input.number() } })
  const mail = service('mail', { image: 'shop/mail:1', replicas: 0 })
  service('api', { image: 'shop/api:1', dependsOn: [resize, { on: mail, until: 'started' }] })
  job('report', { image: 'shop/report:1', dependsOn: [mail] })
  service('off', { image: 'shop/off:1', replicas: 0, dependsOn: [mail] })
})
