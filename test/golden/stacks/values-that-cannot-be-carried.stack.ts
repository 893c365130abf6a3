import { service, stack } from 'gantry'

const loop: { args?: unknown } = {}
loop.args = loop

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', replicas: 0 / 0 })
  service('b', { image: 'a:1', env: { NAME: (() => 'x') as unknown as string, LIST: new Map() as unknown as string } })
  service('c', { image: 'a:1', labels: { nothing: null as unknown as string, none: undefined as unknown as string } })
  service('d', { image: 'a:1', args: ['a\0b'], ...(loop as object) })
})
