import { http, ingress, outputs, service, stack, text } from 'gantry'
import type other from './modules/other.ts'

export default stack('shop', {}, () => {
  const good = outputs<typeof other>('other')
  service('api', { image: 'shop/api:1', ports: { http: http(80) }, env: { URL: good.ulr } })
  service('web', { image: 'shop/web:1', env: { URL: text`${good.adress}`, COUNT: good.url + '/' } })
  ingress('public', { host: 'shop.example', routes: { '/': good.url } })
})
