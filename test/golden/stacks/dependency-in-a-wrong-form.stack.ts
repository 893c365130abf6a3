import { job, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'a:1' })
  service('a', { image: 'a:1', dependsOn: [{ on: 'db' as never }] })
  service('b', { image: 'a:1', dependsOn: [{ until: 'started' } as never] })
  service('c', { image: 'a:1', dependsOn: [{ on: db, untl: 'started' } as never] })
  service('d', { image: 'a:1', dependsOn: [{ on: db, until: 'helthy' as never }] })
})
