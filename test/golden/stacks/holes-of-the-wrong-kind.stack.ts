import { config, place, secret, service, stack, text, volume } from 'gantry'

export default stack('shop', {}, () => {
  const token = secret('token')
  const data = volume('data')
  const nginx = config('nginx', { content: 'x' })
  const web = service('web', { image: 'shop/web:2.1' })
  service('api', {
    image: 'shop/api:2.1',
    env: { A: text`${data}/x`, B: text`${nginx} and ${web}`, C: '--t=' + token.env, D: `${token.file}` },
    placement: place`avoid ${web}; near ${token}`,
  })
})
