import { hostname } from 'node:os'
import fs from 'fs'
import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', env: { HOST: hostname(), KEY: fs.readFileSync('/etc/key', 'utf8') } })
})
