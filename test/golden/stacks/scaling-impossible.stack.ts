import { http, scale, service, stack } from 'gantry'

const resources = { cpu: '250m', memory: '64Mi' } as const
const ports = { web: http(80) }
const bounds = { min: 1, max: 9 }

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', resources, replicas: scale(bounds)`cpu > 70% && cpu < 20% => +1; cpu > 120% => +1` })
  service('b', { image: 'a:1', ports, replicas: scale(bounds)`errors > 100% => +1; requests < 0 => -1` })
  service('c', { image: 'a:1', ports, replicas: scale(bounds)`50 > 40 => +1; ${50} > 40 => +1` })
})
