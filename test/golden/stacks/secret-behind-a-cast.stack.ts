import { secret, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const token = secret('token')
  const text = (token as unknown as { toString(): string }).toString()
  service('api', { image: 'shop/api:2.1', env: { TOKEN: text } })
})
