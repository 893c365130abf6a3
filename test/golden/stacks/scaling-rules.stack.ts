import { scale, service, stack } from 'gantry'

const resources = { cpu: '250m', memory: '64Mi' } as const
const bounds = { min: 1, max: 9 }

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources, replicas: scale(bounds)`cpu > 70% => 2; cpu > 70% fro 1m => +1; cpu > 70% for => +1` })
  service('b', { image: 'a:1', resources, replicas: scale(bounds)`cpu > 70%; => +1; cpu 70% => +1; cpu > => +1` })
  service('c', { image: 'a:1', resources, replicas: scale(bounds)`` })
  service('d', { image: 'a:1', resources, replicas: scale(bounds)`cpu > 70% => +0; cpu > 70% => -150%; cpu > 70% => +1.5` })
  service('e', { image: 'a:1', resources, replicas: scale(bounds)`cpu > 70% then +1; queue("orders" / 50; queue / 50` })
})
