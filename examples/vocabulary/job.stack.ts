// Jobs in all their forms, every option at least once.
import { cron, every, input, job, stack, volume } from 'gantry'

export default stack('batch', {}, () => {
  const results = volume('results', {
    access: 'shared',
    reclaim: 'delete',
    driver: { plugin: 'rexray', options: { size: '100' } },
  })

  // Runs once for each version of it: 100 parts, ten at a time.
  const render = job('render', {
    image: 'film/render:4.2',
    args: ['--part', 'from GANTRY_INDEX'],
    completions: 100,
    parallelism: 10,
    indexed: true,
    retries: 5,
    backoff: { delay: '30s', maxDelay: '10m' },
    deadline: '6h',
    exitCodes: { fail: [2], succeed: [64], retry: [137, 143] },
    resources: { cpu: '2', memory: '2Gi' },
    mounts: { '/results': results },
    priority: 20,
  })

  // Runs on each node.
  job('prune', { image: 'ops/prune:1', perNode: true, dependsOn: [render] })

  // Runs when a person asks: gantry run batch/export --param FORMAT=mp4 --param FRAMES=240
  job('export', {
    image: 'film/export:2',
    parameters: {
      FORMAT: input.oneOf(['mp4', 'webm'], { default: 'mp4' }),
      FRAMES: input.number({ min: 1, whole: true, description: 'how many frames' }),
      TITLE: input.string({ default: 'untitled', pattern: '[a-z0-9 ]+', maxLength: 80 }),
      DRAFT: input.boolean({ default: false }),
    },
    mounts: { '/results': results },
  })

  // Runs on a schedule.
  cron('report', {
    image: 'film/report:1',
    schedule: every`weekday at 02:30`,
    timezone: 'Europe/Amsterdam',
    overlap: 'replace',
    missed: '15m',
    history: { succeeded: 5, failed: 10 },
    sidecars: { relay: { image: 'ops/relay:2' } },
    mounts: { '/results': results.readOnly() },
  })
  cron('sweep', { image: 'film/sweep:1', schedule: '*/20 8-18 * * 1-5', overlap: 'allow', suspended: true })
})
