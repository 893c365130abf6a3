import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  for (const region of ['eu', 'us', 'eu']) service(`api-${region}`, { image: 'shop/api:2.1' })
})
