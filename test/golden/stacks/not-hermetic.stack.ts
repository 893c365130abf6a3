import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', {
    image: 'shop/api:2.1',
    env: {
      STARTED: String(Date.now()),
      HOME: process.env.HOME,
      SEED: Math.random(),
    },
  })
  fetch('https://example.org')
  console.log('done')
})
