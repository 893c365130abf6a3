import { http, input, service, stack } from 'gantry'

export default stack('shop', { tag: input.string }, ({ tag }) => {
  service('api', {
    imag: 'api:1',
    ports: { http: http(80) },
    health: { http: '/', port: 'http' },
  })
  service('web', { image: tag, env: { TAG: tag } })
})
