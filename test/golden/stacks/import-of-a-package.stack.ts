import { camelCase } from 'lodash/camelCase'
import { compile } from 'gantry/testing'
import { service, stack } from 'gantry'
import remote from 'https://example.org/stack.ts'

export default stack('shop', {}, () => {
  service(camelCase('a p i'), { image: 'shop/api:2.1' })
})
