// A stack that uses what another one hands out. Its name there is checked by the types, its value comes from the cluster.
import { grpc, outputs, service, stack, text } from 'gantry'
import type wiki from './stack.stack.ts'

export default stack('search', {}, () => {
  const { web, domain } = outputs<typeof wiki>('wiki')
  service('crawler', {
    image: 'search/crawler:5.0',
    ports: { api: grpc(9000) },
    health: { grpc: 'api', every: '2s' },
    env: { FROM: text`http://${web}/`, SITE: domain },
  })
})
