import { input, place, service, stack, tcp } from 'gantry'

export default stack(
  'shop',
  { stage: input.oneOf('dev', 'test', 'prod'), size: input.oneOf('small', 'large') },
  ({ stage, size }) => {
    const db = service('db', { image: 'postgres' as `${string}:${string}`, ports: { pg: tcp(5432) } })
    if (size === 'large') service('Cache', { image: 'redis:8' })
    const ports: Record<string, typeof db.ports.pg> = db.ports
    const address = stage === 'prod' ? ports['pgsql'] : db.ports.pg
    service('api', {
      image: 'shop/api:2.1',
      replicas: size === 'large' ? 2.5 : 1,
      env: { DB: address ?? '' },
      placement: place`require node.os = "linux"`,
    })
  },
)
