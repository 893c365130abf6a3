import javascript from 'in-javascript'
import { one } from 'types-only'
import { read } from 'reads-files'
import { nothing } from 'not-installed'
import { part } from '@acme/parts/nothing'
import { web } from './node_modules/@acme/parts/src/index.ts'
import { service, stack } from 'gantry'

export default stack('shop', {}, () => {
  web(`${javascript}${one}${read}${nothing}`, part)
  service('web', { image: 'shop/web:2.1' })
})
