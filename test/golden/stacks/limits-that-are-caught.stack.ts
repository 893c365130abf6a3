import { service, stack } from 'gantry'

export default stack('limits-that-are-caught', {}, () => {
  let depth = 0
  const go = (): void => {
    depth += 1
    go()
  }
  try {
    go()
  } catch {}
  service('a', { image: 'a:1', env: { DEPTH: depth } })
})
