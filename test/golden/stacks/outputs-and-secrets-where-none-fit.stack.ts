import { outputs, secret, service, stack } from 'gantry'
import type { Stack } from 'gantry'

export default stack('shop', {}, () => {
  const token = secret('token')
  const other = outputs<Stack<{ readonly url: string }>>('other')
  service('a', { image: 'a:1', env: { TOKEN: token as never } })
  service('b', { image: 'a:1', labels: { token: token.env as never } })
  service('c', { image: 'a:1', args: [other.url as never, token as never] })
})
