import { place, service, stack } from 'gantry'

const settings: Record<string, { zone: string }> = {}
const near = place`require node.zone = "a"`
if (!('eu' in settings)) throw new Error('there are no settings for eu')

export default stack('shop', {}, () => {
  service('web', { image: 'shop/web:2.1', placement: near })
  service('api', { image: 'shop/api:2.1', placement: place`requires node.zone == "a"` })
})
