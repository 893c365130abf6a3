import { input, secret, service, stack } from 'gantry'

export default stack('shop', { dbPassword: input.secret(), 'db-Password': input.secret() }, ({ dbPassword }) => {
  secret('db-password')
  service('db', { image: 'postgres:17', env: { PASSWORD_FILE: dbPassword.file } })
})
