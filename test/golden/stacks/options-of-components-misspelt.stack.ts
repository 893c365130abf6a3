import { job, stack } from 'gantry'
import { postgres } from 'gantry/std/postgres'
import { webService } from 'gantry/std/web-service'
import { worker } from 'gantry/std/worker'

const small = { cpuu: '50m', memory: '64Mi' } as const
const byQueue = { image: 'shop/worker:1', replicas: { name: 'mails', perTask: 50, maxx: 4 } } as const

export default stack('shop', {}, () => {
  webService('web', { imagee: 'shop/web:1' })
  webService('api', { image: 'shop/api:1', envrionment: {}, hosts: 'shop.example' })
  worker('sender', { image: 'shop/worker:1', replicas: { name: 'mails', perTask: 50, maxx: 4 } })
  postgres('db', { sise: '20Gi', colour: 'blue' })
  job('seed', { image: 'shop/seed:1', retries: 1, deadlin: '1h' })
})
