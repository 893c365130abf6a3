import { service, stack } from 'gantry'

function web(name: string, options: object) {
  return service(name, { image: 'shop/web:2.1', ...options })
}

export default stack('shop', {}, () => {
  web('front', { replicas: 2 })
  web('back', { replcas: 2 })
})
