import { service, stack } from 'gantry'

const later = { then: () => undefined }

export default stack('shop', {}, (() => {
  service('api', { image: 'shop/api:2.1' })
  return later
}) as unknown as () => void)
