// A text that is declared as any string has lost its form to the types; each declaration can keep it in its own way.

import { service, stack, volume } from 'gantry'
import type { Size } from 'gantry'

const memory: string = '512Mi'
const image: string = 'shop/api:1'
const restart: string = 'always'
let grace = '30s'
const settings = { memory: '64Mi', restart: 'always' }

function sized(name: string, size: string, { cpu }: { cpu: string }) {
  service(name, { image: 'shop/api:1', resources: { memory: size, cpu } })
}

const half = (size: Size): Size => size

export default stack('shop', {}, () => {
  service('api', { image, resources: { memory }, restart })
  service('let', { image: 'shop/api:1', stopGrace: grace })
  service('object', { image: 'shop/api:1', resources: { memory: settings.memory }, restart: settings.restart })
  volume('data', { size: memory })
  sized('parameter', '64Mi', { cpu: '1' })
  half(memory)
})
