import { stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  volume('a', { access: 'shared', driver: { bind: 'media' } })
  volume('b', { access: 'shared', driver: { bind: '/srv/media/' } })
  volume('c', { access: 'shared', driver: { bind: '/srv/../etc' } })
  volume('d', { access: 'shared', driver: { bind: '/' } })
  volume('e', { access: 'shared', driver: { nfs: 'nas.example', path: 'export' } })
})
