import { service, stack } from 'gantry'

const settings = JSON.parse('{ "api": { "replicas": 2 } }')

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', replicas: settings.web.replicas })
})
