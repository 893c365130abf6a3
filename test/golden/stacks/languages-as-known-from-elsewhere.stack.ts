import { cron, every, place, scale, service, stack } from 'gantry'

export default stack('languages-as-known-from-elsewhere', {}, () => {
  cron('nightly', { image: 'a:1', schedule: 'day at 02:30' })
  cron('weekly', { image: 'a:1', schedule: every('sunday at 04:00') })
  service('web', {
    image: 'web:1',
    placement: place`
      # the machines that we bought
      require node.arch == "x86_64";
      require node.os == "Linux" && node.name =~ "web"
    `,
    replicas: scale({ min: 1, max: 4 })`cpu > 70% => +1 for 1m; cpu <20 % for 5m => -1`,
  })
})
