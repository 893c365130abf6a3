import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', replicas: 4, rollout: { batch: '150%' } })
  service('web', { image: 'shop/web:2.1', replicas: 4, rollout: { batch: 0.5 } })
})
