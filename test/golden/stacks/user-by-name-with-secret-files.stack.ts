import { config, secret, service, stack, text } from 'gantry'

export default stack('shop', {}, () => {
  const password = secret('password')
  const settings = config('settings', { content: text`password_file = ${password.file}` })
  service('db', { image: 'postgres:17', user: 'postgres', env: { PASSWORD_FILE: password.file } })
  service('api', { image: 'shop/api:1', user: 'app:app', configs: { '/etc/app.conf': settings } })
  service('web', { image: 'shop/web:1', user: 'root:app', secrets: [password] })
})
