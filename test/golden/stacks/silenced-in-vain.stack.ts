// @ts-nocheck
import { service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  // @ts-ignore
  const count: number = 'two'
  /* @ts-expect-error */
  const data = volume('data', { acess: 'shared' }).readonly
  // @ts-ignore
  enum Stage { Dev }
  // @ts-ignore
  if (count === 'two') service('never', { image: 'a:1' })
  service('web', { image: `web:${data}` })
})
