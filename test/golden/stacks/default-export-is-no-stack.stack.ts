import { service } from 'gantry'

export default () => {
  service('api', { image: 'shop/api:2.1' })
}
