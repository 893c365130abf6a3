import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', env: { BLOB: 'x'.repeat(200_000), FITS: 'x'.repeat(100_000) } })
})
