import { input, stack } from 'gantry'
import type { Image } from 'gantry'
import { postgres } from 'gantry/std/postgres'
import { webService } from 'gantry/std/web-service'
import { worker } from 'gantry/std/worker'

const small = { cpuu: '50m', memory: '64Mi' } as const
const byQueue = { image: 'shop/worker:1', replicas: { name: 'mails', perTask: 50, maxx: 4 } } as const
const blue = { colour: 'blue' }
const web = (name: string, more: object) => webService(name, { image: 'shop/web:1', ...more })

export default stack('shop', { way: input.oneOf('spread', 'variable', 'helper', 'unlike') }, ({ way }) => {
  switch (way) {
    case 'spread':
      webService('web', { image: 'shop/web:1', ...small })
      break
    case 'variable':
      worker('sender', byQueue)
      break
    case 'helper':
      web('web', { imagee: 'shop/web:2' satisfies Image })
      break
    case 'unlike':
      postgres('db', { size: '1Gi', ...blue })
      break
  }
})
