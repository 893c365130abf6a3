import { service, stack } from 'gantry'

const tools: Record<string, (name: string) => string> = {}

export default stack('shop', {}, () => {
  service(tools['prefix']!('api'), { image: 'shop/api:2.1' })
})
