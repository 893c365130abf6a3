// Puts the adapter together. Nothing is asked of the engine here: it may be away when an agent starts.

import type { Runtime, Shelf } from '../../agent/index.ts'
import type { Logger } from '../../model/index.ts'
import { Engine } from './engine.ts'
import type { EngineAddress } from './engine.ts'
import { dockerConcurrency, dockerLimits } from './limits.ts'
import type { DockerConcurrency, DockerLimits } from './limits.ts'
import { DockerRuntime } from './runtime.ts'

export type DockerOptions = EngineAddress & {
  readonly logger: Logger
  readonly limits?: Partial<DockerLimits>
  readonly concurrency?: Partial<DockerConcurrency>
}

/** Throws `Fault` for an address that cannot be one. */
export function connectDocker(options: DockerOptions): Runtime & Shelf {
  return new DockerRuntime(
    new Engine(options),
    { ...dockerLimits, ...options.limits },
    { ...dockerConcurrency, ...options.concurrency },
    options.logger,
  )
}
