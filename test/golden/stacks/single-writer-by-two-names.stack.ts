import { job, service, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  const one = volume('one', { driver: { bind: '/srv/a' } })
  const other = volume('other', { driver: { bind: '/srv/a' } })
  service('db', { image: 'postgres:17', mounts: { '/data': one }, onLost: 'fence' })
  job('import', { image: 'shop/import:1', mounts: { '/data': other } })
  const media = volume('media', { driver: { nfs: 'nas.example', path: '/media' } })
  const films = volume('films', { driver: { nfs: 'nas.example', path: '/media' } })
  service('player', { image: 'shop/player:1', mounts: { '/media': media }, onLost: 'fence' })
  service('cutter', { image: 'shop/cutter:1', mounts: { '/films': films }, onLost: 'fence' })
})
