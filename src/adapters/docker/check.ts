// Whether a Docker daemon can be used, for a person who has just typed a command: what is wrong, why, and what to do.

import { Fault } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'
import { EngineError } from './engine-error.ts'
import { Engine } from './engine.ts'
import { cleanMessage } from './failure.ts'

export interface EngineCheck {
  /** `docker 20.10.24`. */
  readonly engine: string
  /** Newest version of the API it speaks. */
  readonly api: string
}

const answersWithinMs: Duration = 10_000

/** Throws `Fault`: no socket, no right, no daemon behind it, one that does not answer, one that is too old. */
export async function checkDocker(
  socketPath: string,
  limitMs: Duration = answersWithinMs,
): Promise<EngineCheck> {
  const engine = new Engine({ socketPath })
  try {
    const { engine: name, api } = await engine.version(limitMs)
    return { engine: name, api }
  } catch (error) {
    throw engineFault(engine, error)
  }
}

/** A failure to reach the engine as the fault it is for a person; what is none (an abort, a bug) is passed on. */
export function engineFault(engine: Engine, error: unknown): Error {
  if (!(error instanceof EngineError)) return error instanceof Error ? error : new Error(String(error))
  const why = cleanMessage(error.message)
  return new Fault(
    { what: `cannot use ${engine.name}`, why: `it ${why}`, fix: adviceFor(error) },
    { cause: error },
  )
}

function adviceFor({ cause, message }: EngineError): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'install Docker (apt-get install docker.io) and start it, or name its socket with --docker'
    case 'EACCES':
    case 'EPERM':
      return 'add yourself to the group docker (sudo usermod -aG docker $USER, then log in again), or use sudo'
    case 'ECONNREFUSED':
      return 'start the daemon (sudo systemctl start docker)'
    default:
      return message.includes('of the API')
        ? 'install a newer Docker'
        : 'look at what the daemon says (journalctl -u docker), and restart it if it hangs'
  }
}
