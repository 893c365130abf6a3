import { secret, stack } from 'gantry'

export default stack('shop', {}, () => {
  for (let number = 0; number >= 0; number += 1) secret(`token-${number}`)
})
