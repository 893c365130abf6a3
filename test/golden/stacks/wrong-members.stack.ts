import { service, stack, tcp } from 'gantry'
import { imageFor } from './modules/images.ts'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  service('api', { image: imageFor('api'), env: { DATABASE: db.prots.pg } })
})
