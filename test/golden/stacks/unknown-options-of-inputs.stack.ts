import { input, service, stack } from 'gantry'

export default stack('shop', { port: input.number({ defalt: 80 }), stage: input.onOf('a') }, ({ port }) => {
  service('api', { image: 'shop/api:2.1', env: { PORT: port } })
})
