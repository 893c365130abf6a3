import { http, scale, service, stack } from 'gantry'

const resources = { cpu: '250m', memory: '64Mi' } as const
const ports = { web: http(80) }
const bounds = { min: 1, max: 9 }

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources, replicas: scale(bounds)`cpu > 70ms => +1; cpu > 70 => +1; memory > 1Gi => +1` })
  service('b', { image: 'a:1', resources, ports, replicas: scale(bounds)`p99 > 300 => +1; p99 > 300msec => +1; requests > 5% => +1` })
  service('c', { image: 'a:1', resources, ports, replicas: scale(bounds)`cpu > 70% for 10 => +1; p99 in ("a") => +1` })
  service('d', { image: 'a:1', resources, ports, replicas: scale(bounds)`cpu > "70%" => +1; cpu > high => +1` })
  service('e', { image: 'a:1', resources, ports, replicas: scale(bounds)`cpu > ${70} => +1; cpu > ${70}% for ${'5m'} => ${'up'}` })
})
