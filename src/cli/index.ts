// The door of the command line, for scripts that prepare a cluster.
import process from 'node:process'
import { homeAt, requireCluster } from './home.ts'

/** Socket of the engine that the one-node cluster in `home` (default: as the commands find it) uses. */
export function engineSocket(home?: string): string {
  return requireCluster(homeAt(home, process.env, process.geteuid?.() === 0)).docker.socket
}
