import { outputs, service, stack } from 'gantry'
import type empty from './modules/empty.stack.ts'
import type gateway from './modules/gateway.stack.ts'

const image = 'shop/web:1'

export default stack('web', {}, () => {
  const shop = outputs('web-shop')
  const { domain } = shop
  service('web', { image, env: { API: shop.api, DOMAIN: domain, KEY: shop['key'] } })
  service('gateway', { image, env: { API: outputs('gateway').api } })
  const right = outputs<typeof gateway>('gateway')
  const { ap1 } = right
  service('misspelt', { image, env: { API: right.apy, PORT: right['api_port'], A: ap1 } })
  service('empty', { image, env: { API: outputs<typeof empty>('empty').api } })
})
