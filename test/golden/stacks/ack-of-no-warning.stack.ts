import { ack, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const api = service('api', { image: 'shop/api:1' })
  ack('GT4999', 'there is none')
  ack('GT2105' as 'GT4001', 'an error')
  ack('GT4001', '  ', api)
  ack('GT4001', 'by its name', 'api' as never)
})
