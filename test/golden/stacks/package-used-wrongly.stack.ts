import { brokenWeb, store, web } from '@acme/parts'
import limits from '@acme/parts/limits'
import { stack } from 'gantry'

const image = 'shop/web:2.1'

export default stack('shop', {}, () => {
  web('front', { image, memory: '512MB' })
  web('back', { image, memory: '1Gi', replicas: -1 })
  for (const name of ['east', 'west'])
    web(name, {
      image,
      ...{ memory: limits.memory as '1Gi' },
    })
  brokenWeb('broken', { image })
  store('orders')
})
