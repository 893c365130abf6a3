import { http, input, place, service, stack, text } from 'gantry'
import type { Image, PortRef, Ports, Service, Size } from 'gantry'

interface Options {
  readonly version: string
  readonly storage?: Size
}

function postgres(name: string, { version, storage = '1Gi' }: Options) {
  return service(name, { image: `postgres:${version}`, resources: { memory: storage } })
}

export default stack('shop', { stage: input.string({ default: 'dev' }) }, ({ stge }) => {
  text('http://api/')
  const api = service('api', { image: 'a:1', ports: { http: http(80) } })
  const ports: Record<string, PortRef> = api.ports
  service('web', { image: 'a:1', env: { API: ports['htp'] }, placement: place('require node.cpu > 2') })
  const ofImage = (name: string, image: Image) => service(name, { image })
  ofImage('worker', stge)
  ofImage('cache', 'redis')
  const nameOf = (of: Service<Ports>) => of.name
  nameOf(api.ports.http)
  const image: Image = String(stge)
  ofImage('mail', image)
  postgres('db', { version: 17, storag: '5Gi' })
  postgres('reports', { version: '17', storag: '5Gi' })
})
