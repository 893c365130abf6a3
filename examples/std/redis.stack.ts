// Workers that grow with a queue in Redis.
import { ack, input, stack } from 'gantry'
import { redis } from 'gantry/std/redis'
import { worker } from 'gantry/std/worker'

export default stack(
  'mailer',
  { most: input.number({ default: 20, min: 1, max: 100, whole: true }) },
  ({ most }) => {
    const queue = redis('queue', { size: '1Gi', maxMemory: '200Mi' })
    const sender = worker('sender', {
      image: 'mailer/sender:3.1',
      env: { QUEUE_URL: queue.url },
      replicas: { name: 'mails', perTask: 50, max: most },
      grace: '60s',
    })
    ack('GT4001', 'the library takes its queue as one address', sender)
  },
)
