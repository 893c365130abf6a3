import { web } from '@acme/parts'
import { stack } from 'gantry'

const regional = (region: string) => web(`storefront-of-${region}`, { image: 'shop/web:2.1' })

export default stack('shop', {}, () => {
  regional('amsterdam-west')
})
