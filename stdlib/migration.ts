// A one-off migration: a job that changes a database before the program that needs the change. Invariant: it never runs
// twice at once, and a try that failed is not hidden. Whether running it again does harm is the migration's business.

import { job } from 'gantry'
import type { Duration, EnvValue, Image, Job, Service } from 'gantry'
import { refuseOthers } from './options.ts'

export interface MigrationOptions {
  /** Mostly the image of the program it is for. */
  readonly image: Image
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, EnvValue>>
  /** What has to be healthy before it starts: the database. */
  readonly database: Service
  /** How long it may take. Default: `'10m'`. */
  readonly deadline?: Duration
  /** Further tries. Default: 0: a person looks at it first. */
  readonly retries?: number
}

/** A migration: as a service's `dependsOn` it runs once for each version of it, as a rollout's `before` for each rollout. */
export function migration(name: string, options: MigrationOptions): Job {
  const { image, command, env = {}, database, deadline = '10m', retries = 0, ...rest } = options
  refuseOthers('migration', rest)
  return job(name, { image, command, env, dependsOn: [database], deadline, retries })
}
