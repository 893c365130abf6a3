import { http, scale, service, stack } from 'gantry'

const resources = { cpu: '250m', memory: '64Mi' } as const
const ports = { web: http(80) }
const bounds = { min: 1, max: 9 }

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources, ports, replicas: scale(bounds)`cpuu > 70% => +1; latency > 300ms => +1; p90 > 1s => +1` })
  service('b', { image: 'a:1', resources, ports, replicas: scale(bounds)`queue > 5 => +1; cpu("main") > 70% => +1; metric("") > 1 => +1` })
  service('c', { image: 'a:1', resources, ports, replicas: scale(bounds)`cpu / 70; p99 / 5; queue("orders") / 0; requests / 5%` })
  service('d', { image: 'a:1', resources, ports, replicas: scale(bounds)`node.cpu > 2 => +1; p99 < p50 => +1` })
})
