import settings from './modules/settings.json'
import { input, service, stack } from 'gantry'

export default stack('shop', { memory: input.string({ default: '64Mi' }) }, ({ memory }) => {
  service('api', { image: settings.image, resources: { memory } })
})
