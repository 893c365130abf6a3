// As whom a command speaks to which cluster: the one of this host as its admin, or the one that a credentials file is for.
// Invariant: a file that is named is used, or is a fault; nobody becomes the admin because his own file was not found.

import { readJson } from '../../adapters/files/index.ts'
import type { Credentials } from '../../adapters/nats/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import { adminName, requireCluster } from '../home.ts'
import type { ClusterFile, Home } from '../home.ts'
import { credentialsOf, userFile } from './keys.ts'

export interface Reach {
  readonly caller: string
  readonly cluster: ClusterFile
  readonly credentials: Credentials
}

/** What a user's own machine has of a cluster: its addresses. Images are built by the Docker daemon it has itself. */
const usualSocket = '/var/run/docker.sock'

/** `file`: path in GANTRY_CREDENTIALS; absent: this host's own. */
export async function reachCluster(home: Home, file: string | undefined): Promise<Reach> {
  if (file !== undefined && file !== '') return reachAs(file)
  const cluster = requireCluster(home)
  if (cluster.server === null)
    throw new Fault({
      what: `this host is node ${cluster.node.name} of a cluster, and speaks for nobody`,
      fix: 'name your credentials file in GANTRY_CREDENTIALS, or run this on a server of the cluster',
      exit: exitCodes.rights,
    })
  return { caller: adminName, cluster, credentials: await credentialsOf(home, 'admin') }
}

async function reachAs(file: string): Promise<Reach> {
  const user = await readJson(file, userFile, 'the credentials file')
  if (!user)
    throw new Fault({
      what: `there is no credentials file ${file}`,
      fix: 'GANTRY_CREDENTIALS names it; gantry user create makes one',
      exit: exitCodes.rights,
    })
  const { name: caller, servers, ca, seed, jwt } = user
  return {
    caller,
    credentials: { seed, jwt, ca },
    cluster: {
      format: 2,
      servers,
      nats: null,
      docker: { socket: usualSocket, owned: false, range: null },
      node: { id: '', name: '' },
      server: null,
      cluster: null,
      publishAddress: '0.0.0.0',
    },
  }
}
