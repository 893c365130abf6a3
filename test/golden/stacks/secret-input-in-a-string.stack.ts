import { input, service, stack } from 'gantry'

export default stack('shop', { token: input.secret() }, ({ token }) => {
  service('db', { image: 'postgres:17', args: [`--token=${token}`], env: { TOKEN: [token].join('') } })
})
