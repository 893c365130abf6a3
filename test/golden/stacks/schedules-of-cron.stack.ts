import { cron, every, stack } from 'gantry'

const nightly = '61 2 * * *'

export default stack('shop', {}, () => {
  cron('a', { image: 'a:1', schedule: every('30 25 * * mno') })
  cron('b', { image: 'a:1', schedule: '0 0 30 2 *' })
  cron('c', { image: 'a:1', schedule: '@daily' })
  cron('d', { image: 'a:1', schedule: every('0 30 2 * * *') })
  cron('e', { image: 'a:1', schedule: every('*/0 5-3 1,,2 13 fri-tue') })
  cron('f', { image: 'a:1', schedule: every(nightly) })
  cron('g', { image: 'a:1', schedule: every`30 2 * * 8` })
  cron('h', { image: 'a:1', schedule: `0 ${24} * * *` })
  cron('i', { image: 'a:1', schedule: every('every day') })
})
