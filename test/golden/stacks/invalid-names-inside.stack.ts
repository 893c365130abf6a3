import { http, secret, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  service('Web_Front', { image: 'shop/web:2.1', ports: { HTTP: http(80) } })
  service('a-name-that-is-longer-than-a-name-may-ever-be', { image: 'a:1' })
  volume('-')
  secret('')
  service('api', {
    image: 'shop/api:2.1',
    env: { 'A=B': 'c', '1st': 'd' },
    labels: { 'gantry.stack': 'x' },
    user: 'no one',
    stopSignal: 'term',
    workingDir: 'srv',
  })
})
