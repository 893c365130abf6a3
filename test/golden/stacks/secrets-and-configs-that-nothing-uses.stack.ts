import { ack, config, input, secret, service, stack, text } from 'gantry'

export default stack('shop', { apiKey: input.secret() }, () => {
  const password = secret('password')
  const token = secret('token')
  const outside = secret('outside')
  const mounted = config('mounted', { content: text`password = ${password}`, mode: '0400' })
  config('forgotten', { content: 'a = 1' })
  // A text that nothing has uses nothing.
  text`token = ${token}`
  service('api', { image: 'shop/api:1', configs: { '/etc/app.conf': mounted } })
  ack('GT4024', 'a script of the operators reads it', outside)
})
