import { http, ingress, service, stack } from 'gantry'

// Lists of which TypeScript does not know that they hold something are taken; empty ones are refused by the rules.
export default stack('shop', {}, () => {
  const command = 'pg_isready -q'
  const hosts = ['shop.example', 'www.shop.example']
  const steps = [10, 50].map((each) => ({ tasks: `${each}%` }))
  const api = service('api', {
    image: 'a:1',
    ports: { http: http(80) },
    health: { exec: command.split(' ') },
    replicas: 10,
    rollout: { canary: steps },
  })
  service('copied', { image: 'a:1', health: { exec: [...command.split(' ')] } })
  ingress('right', { host: hosts, routes: { '/': api.ports.http } })
  const none = hosts.filter((each) => each.startsWith('api.'))
  ingress('none', { host: none, routes: { '/': api.ports.http } })
  service('silent', { image: 'a:1', health: { exec: none }, rollout: { canary: steps.slice(2) } })
})
