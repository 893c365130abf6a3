import { stack, volume } from 'gantry'
import type { VolumeDriver } from 'gantry'

function odd(driver: object): VolumeDriver {
  return driver as VolumeDriver
}

export default stack('shop', {}, () => {
  volume('a', { driver: odd({ bind: '/srv/a', nfs: 'nas' }) })
  volume('b', { driver: odd({ options: [] }) })
  volume('c', { driver: odd({ bind: '/srv/c', path: '/c' }) })
  volume('d', { driver: odd({ nfs: 'nas' }) })
  volume('e', { driver: odd({ nfs: 'nas:/export', path: '/e' }) })
  volume('f', { driver: 'lokal' as 'local' })
})
