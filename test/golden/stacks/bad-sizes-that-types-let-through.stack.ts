import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  service('negative', { image: 'a:1', resources: { memory: '-5Mi' } })
  service('exponent', { image: 'a:1', resources: { memory: '1e3Mi' } })
  service('blank', { image: 'a:1', resources: { memory: ' 5Mi' } })
  service('hexadecimal', { image: 'a:1', resources: { memory: '0x10Mi' } })
  service('zero', { image: 'a:1', resources: { memory: '05Mi' } })
  service('little', { image: 'a:1', resources: { memory: '1Mi' } })
  volume('nothing', { size: '0Mi' })
})
