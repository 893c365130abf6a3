import { cron, every, stack } from 'gantry'

export default stack('shop', {}, () => {
  cron('a', { image: 'a:1', schedule: every`mnday, thursday at 06:15` })
  cron('b', { image: 'a:1', schedule: every`day at 24:00, 9:30, 12:60` })
  cron('c', { image: 'a:1', schedule: every`day` })
  cron('d', { image: 'a:1', schedule: every`15 mins` })
  cron('e', { image: 'a:1', schedule: every`30 seconds` })
  cron('f', { image: 'a:1', schedule: every`hour at 05` })
  cron('g', { image: 'a:1', schedule: every`hour at :75` })
  cron('h', { image: 'a:1', schedule: every`month on 32 at 04:00` })
  cron('i', { image: 'a:1', schedule: every`month at 04:00` })
  cron('j', { image: 'a:1', schedule: every`weekday, monday at 04:00, 04:00` })
  cron('k', { image: 'a:1', schedule: every`` })
  cron('l', { image: 'a:1', schedule: every`day at ${'2:30'}` })
  cron('m', { image: 'a:1', schedule: every`0 minutes` })
})
