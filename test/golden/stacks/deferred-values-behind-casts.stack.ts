import { input, outputs, place, secret, service, stack, tcp, text, volume } from 'gantry'
import type { Service } from 'gantry'

const plain = (value: unknown) => String(value as string)

export default stack('shop', { way: input.oneOf('join', 'json', 'key', 'call', 'compare', 'place', 'output', 'ports') }, ({ way }) => {
  const token = secret('token')
  const db: Service = service('db', { image: 'postgres:17', ports: { pg: tcp(5432) } })
  const url = text`pg://${db.ports['pg'] ?? ''}`
  const env = (): Record<string, string | number | boolean> => {
    switch (way) {
      case 'join':
        return { A: [token.env].join('') }
      case 'json':
        return { A: JSON.stringify({ url }) }
      case 'key':
        return { [volume('data') as unknown as string]: 'x' }
      case 'call':
        return { A: plain(token.file) }
      case 'compare':
        return { A: (token as unknown as string) < 'a' }
      case 'place':
        return { A: `${place`spread zone`}` }
      case 'output':
        return { A: `${outputs('other') as object}` }
      case 'ports':
        return { A: `${db.ports as object}` }
    }
  }
  service('web', { image: 'shop/web:2.1', env: env() })
})
