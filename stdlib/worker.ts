// A worker: no ports, takes its work from a queue, and is given time to finish what it has begun. Invariant: it is never
// killed in the middle of a piece of work that takes less than `grace`. Which queue there is, is the program's business.

import { scale, service } from 'gantry'
import type { Cpu, Duration, EnvValue, Image, Mounts, Secret, Service, Size } from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'

export interface Queue {
  /** Name of the queue, as its measurement is called. */
  readonly name: string
  /** Messages that one task can have waiting. */
  readonly perTask: number
  /** Default: 0, so that nothing runs while nothing waits. */
  readonly min?: number
  /** Default: 10. */
  readonly max?: number
}

export interface WorkerOptions {
  readonly image: Image
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, EnvValue>>
  /** As files below `/run/secrets`. */
  readonly secrets?: readonly Secret[]
  /** Volumes by the absolute path they are mounted at: `'shared'`, `'per-replica'` or `'read-only'` ones. */
  readonly mounts?: Mounts
  /** Reserved for each task. Default: `'100m'`. */
  readonly cpu?: Cpu
  /** Reserved for each task, and the most it may use. Default: `'128Mi'`. */
  readonly memory?: Size
  /** How many there are: a number, or by the length of a queue. Default: 1. */
  readonly replicas?: number | Queue
  /** How long a piece of work may take after the stop signal. Default: `'30s'`. */
  readonly grace?: Duration
}

const names: NamesOf<WorkerOptions> = {
  image: true,
  command: true,
  args: true,
  env: true,
  secrets: true,
  mounts: true,
  cpu: true,
  memory: true,
  replicas: true,
  grace: true,
}

/** A service that takes work from a queue. */
export function worker(name: string, options: WorkerOptions): Service {
  refuseOthers('worker', options, names)
  const { command, args, secrets, mounts } = options
  const { image, env = {}, cpu = '100m', memory = '128Mi', replicas = 1, grace = '30s' } = options
  return service(name, {
    image,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(mounts === undefined ? {} : { mounts }),
    env,
    replicas: typeof replicas === 'number' ? replicas : byQueue(replicas),
    resources: { cpu, memory },
    stopGrace: grace,
  })
}

const namesOfQueue: NamesOf<Queue> = { name: true, perTask: true, min: true, max: true }

function byQueue(queue: Queue) {
  refuseOthers('worker', queue, namesOfQueue, ['replicas'])
  const { name, perTask, min = 0, max = 10 } = queue
  return scale({ min, max })`queue(${name}) / ${perTask}`
}
