import { http, service, stack, tcp } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', ports: { http: http(8080, { published: 80 }) } })
  service('web', {
    image: 'shop/web:2.1',
    ports: {
      http: http(3000, { published: 80 }),
      admin: tcp(99999),
      old: http(1, { published: 0 }),
    },
  })
})
