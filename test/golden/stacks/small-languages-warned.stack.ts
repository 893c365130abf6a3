import { http, input, place, scale, service, stack } from 'gantry'

export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  service('a', { image: 'a:1', placement: place`require node.zone != "a" || node.zone != "b"; require node.memory >= 0Ki` })
  service('c', { image: 'a:1', resources: { cpu: '250m' }, replicas: scale({ min: 1, max: 4 })`cpu > 20% => +1; cpu < 70% => -1` })
  service('d', { image: 'a:1', resources: { cpu: '250m' }, replicas: scale({ min: 1, max: 4 })`cpu < 20% => -1` })
  service('b', {
    image: 'a:1',
    resources: { cpu: '250m' },
    ports: { web: http(80) },
    placement: place`require ${stage} == "dev" || node.labels.tier == "prod"`,
    replicas: scale({ min: 1, max: 4 })`cpu > 120% && errors <= 100% => +1; cpu < 20% for 5m => -1`,
  })
})
