// Puts the adapter together. Nothing is asked of the engine here: it may be away when an agent starts.

import type { Runtime } from '../../agent/index.ts'
import type { Logger } from '../../model/index.ts'
import { Engine } from './engine.ts'
import type { EngineAddress } from './engine.ts'
import { DockerRuntime, dockerLimits } from './runtime.ts'
import type { DockerConcurrency, DockerLimits } from './runtime.ts'

export type DockerOptions = EngineAddress & {
  readonly logger: Logger
  readonly limits?: Partial<DockerLimits>
  readonly concurrency?: Partial<DockerConcurrency>
}

export const dockerConcurrency: DockerConcurrency = { create: 4, start: 4 }

/** Throws `Fault` for an address that cannot be one. */
export function connectDocker(options: DockerOptions): Runtime {
  return new DockerRuntime(
    new Engine(options),
    { ...dockerLimits, ...options.limits },
    { ...dockerConcurrency, ...options.concurrency },
    options.logger,
  )
}
