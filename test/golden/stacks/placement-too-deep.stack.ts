import { place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', placement: place`require (((((((((node.os == "linux")))))))))` })
  service('b', { image: 'a:1', placement: place`require !!!!!!!!!(node.os == "linux"); sprad zone` })
})
