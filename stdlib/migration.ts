// A one-off migration: a job that changes a database before the program that needs the change. Invariant: it never runs
// twice at once, and a try that failed is not hidden. Whether running it again does harm is the migration's business.

import { job } from 'gantry'
import type { Cpu, Duration, EnvValue, Image, Job, Secret, Service, Size } from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'

export interface MigrationOptions {
  /** Mostly the image of the program it is for. */
  readonly image: Image
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, EnvValue>>
  /** As files below `/run/secrets`. */
  readonly secrets?: readonly Secret[]
  /** Reserved for each try. Default: nothing. */
  readonly cpu?: Cpu
  /** Reserved for each try, and the most it may use. Default: neither. */
  readonly memory?: Size
  /** What has to be healthy before it starts: the database. */
  readonly database: Service
  /** How long it may take. Default: `'10m'`. */
  readonly deadline?: Duration
  /** Further tries. Default: 0: a person looks at it first. */
  readonly retries?: number
}

const names: NamesOf<MigrationOptions> = {
  image: true,
  command: true,
  env: true,
  secrets: true,
  cpu: true,
  memory: true,
  database: true,
  deadline: true,
  retries: true,
}

/** A migration: as a service's `dependsOn` it runs once for each version of it, as a rollout's `before` for each rollout. */
export function migration(name: string, options: MigrationOptions): Job {
  refuseOthers('migration', options, names)
  const { image, command, env = {}, database, deadline = '10m', retries = 0 } = options
  const { secrets, cpu, memory } = options
  return job(name, {
    image,
    command,
    env,
    ...(secrets === undefined ? {} : { secrets }),
    resources: { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) },
    dependsOn: [database],
    deadline,
    retries,
  })
}
