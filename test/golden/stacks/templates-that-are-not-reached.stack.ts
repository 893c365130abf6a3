// Nothing else is wrong with it: what no run comes to is judged by `check`, and by whatever compiles.

import { place, service, stack } from 'gantry'

/** Nothing calls it. */
export function spare(name: string): void {
  service(name, { image: 'shop/spare:1', placement: place`require node.oss == "linux"` })
}

export default stack('shop', {}, () => {
  service('api', { image: 'shop/api:1' })
})
