import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const data = volume('db-data', { size: '20Gi', access: 'single-writer' })
  service('db', {
    image: 'postgres:17',
    mounts: { '/var/lib/postgresql/data': data },
    onLost: 'fence',
    replicas: 3,
    rollout: { order: 'start-first' },
  })
})
