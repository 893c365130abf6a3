import { http, scale, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'a:1', replicas: scale({ min: 1, max: 4 })`cpu > 70% for 1m => +1; memory > 80% => +1` })
  service('web', {
    image: 'a:1',
    ports: { http: http(80) },
    resources: { memory: '64Mi' },
    replicas: scale({ min: 1, max: 4 })`requests / 50; queue("cpu") / 10; memory > 90% => +1; cpu > 50% => +1`,
  })
})
