import { every, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  volume('data', { backup: every`day at 02:30` })
  volume('logs', { backup: every`day at 02:30 keep 20000` })
})
