import { service, stack } from 'gantry'

const prototype = Array.prototype as { map: unknown }
prototype.map = () => ['surprise']

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:2.1', args: ['a', 'b'].map((each) => `--${each}`) })
})
