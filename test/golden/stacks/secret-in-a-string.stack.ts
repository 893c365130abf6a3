import { secret, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const token = secret('token')
  service('a', { image: 'a:1', args: [`--token=${token}`] })
  service('b', { image: 'a:1', args: ['--token=' + token] })
  service('c', { image: 'a:1', args: [token] })
  service('d', { image: 'a:1', env: { TOKEN: token } })
  service('e', { image: 'a:1', env: { TOKEN: String(token), ALL: JSON.stringify(token) } })
})
