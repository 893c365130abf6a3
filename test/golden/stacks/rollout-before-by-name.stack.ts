import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const db = service('db', { image: 'a:1' })
  service('a', { image: 'a:1', rollout: { before: 'migrate' as never } })
  service('b', { image: 'a:1', rollout: { before: db as never } })
})
