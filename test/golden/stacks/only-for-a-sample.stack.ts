import { input, service, stack } from 'gantry'

export default stack('shop', { domain: input.string() }, ({ domain }) => {
  if (!domain.includes('.')) throw new Error(`${domain} is not a domain`)
  service('api', { image: 'shop/api:2.1', env: { DOMAIN: domain } })
})
