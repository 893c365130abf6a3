import { service, stack } from 'gantry'

enum Stage {
  Dev,
  Prod,
}

class Image {
  constructor(readonly name: string) {}
}

export default stack('shop', {}, () => {
  service('api', { image: `shop/api:${new Image('1').name}`, replicas: Stage.Prod })
})
