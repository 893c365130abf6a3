// A word that is called only if it is there has its place all the same, and so has what it is a member of.

import { http, service, stack, volume } from 'gantry'

const first = service as typeof service | undefined
const words = { make: service, volume } as { make?: typeof service; volume: typeof volume } | undefined
const none = undefined as typeof service | undefined

function api(make: typeof service | undefined, replicas: number) {
  return make?.('api', { image: 'shop/api:1', replicas })
}

export default stack('wrong', {}, () => {
  first?.('x', { image: 'shop/x:1', ports: { web: http(0) }, replicas: 1.5 })
  words?.make?.('Y', { image: 'shop/y:1', command: [] })
  words?.volume('data', { size: '5GB' as '5Gi' })
  words?.['volume']('Cache', { size: '5Gi' })
  api(first, 2.5)
  none?.('Never', { image: 'shop/z:1' })
  const deep = { words } as { words: typeof words } | undefined
  deep?.words?.volume('more', { size: '5Gi', reclaim: 'Retain' as 'retain' })
  // Beyond what may be missing a call has no place of its own: it is that of the stack.
  const inner = { words: { volume } } as { words: { volume: typeof volume } } | undefined
  inner?.words.volume('most', { size: '5Gi', reclaim: 'Retain' as 'retain' })
})
