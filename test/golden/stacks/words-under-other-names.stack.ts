import { service, stack } from 'gantry'

// Whatever a word is called by, what is wrong with its values has a place.
export default stack('shop', {}, () => {
  const any: any = service
  any('any', { image: 'a:1', replicas: -1 })
  ;[service][0]!('indexed', { image: 'a:1', replicas: -2 })
  service.call(null, 'handed', { image: 'a:1', replicas: -3 })
  const call = (of: any, ...values: any[]) => of(...values)
  call(service, 'spread', { image: 'a:1', replicas: -4 })
})
