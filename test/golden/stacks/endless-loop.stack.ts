import { service, stack } from 'gantry'

function unique(name: string): string {
  let found = name
  while (found.length > 0) found = `${name}-1`
  return found
}

export default stack('shop', {}, () => {
  service(unique('api'), { image: 'shop/api:2.1' })
})
