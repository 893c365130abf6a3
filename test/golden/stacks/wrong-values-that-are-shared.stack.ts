import { input, service, stack, tcp } from 'gantry'

const resources = { memory: '512MB' as '512Mi' }
const published = { admin: tcp(9000, { published: 9000 }) }

export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  for (const name of ['web', 'api', 'admin', 'mail', 'search', 'report'])
    service(name, { image: 'shop/all:2.1', resources })
  service('first', { image: 'shop/all:2.1', ports: published })
  service('second', { image: 'shop/all:2.1', ports: published })
  service('third', { image: 'shop/all:2.1', ports: published })
  const common = { image: 'shop/all:2.1', replicas: stage === 'prod' ? 1.5 : 2.5 } as const
  for (const name of ['east', 'west', 'north', 'south', 'centre', 'far']) service(name, common)
  if (stage === 'prod') service('reserve', { ...common, labels: { 'gantry.of': 'reserve' } })
})
