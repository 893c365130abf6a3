// Workers that grow with a queue in Redis.
import { input, stack } from 'gantry'
import { redis } from 'gantry/std/redis'
import { worker } from 'gantry/std/worker'

export default stack(
  'mailer',
  { most: input.number({ default: 20, min: 1, max: 100, whole: true }) },
  ({ most }) => {
    const queue = redis('queue', { size: '1Gi', maxMemory: 200 })
    worker('sender', {
      image: 'mailer/sender:3.1',
      env: { QUEUE_URL: queue.url },
      replicas: { name: 'mails', perTask: 50, max: most },
      grace: 60,
    })
  },
)
