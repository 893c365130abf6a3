// Which Docker daemon the one-node cluster uses: the one named, the one that runs, or one of its own. Invariant: a
// daemon that was chosen once stays the cluster's, since its containers and volumes are there.

import { existsSync } from 'node:fs'
import { answers, checkDocker, chooseRange } from '../../adapters/docker/index.ts'
import { findProgram } from '../../adapters/host/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import type { ClusterFile, Home } from '../home.ts'

export interface EngineWish {
  /** Path of a socket, from `--docker`. */
  readonly socket: string | undefined
  /** One of its own even though another one runs. */
  readonly own: boolean
}

type Engine = ClusterFile['docker']

const usualSocket = '/var/run/docker.sock'

/** Decides for a new cluster; starts nothing. Throws a Fault that says what to do when there is no engine to be had. */
export async function chooseEngine(
  wish: EngineWish,
  home: Home,
  env: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): Promise<Engine> {
  if (wish.own && wish.socket !== undefined)
    throw new Fault({ what: '--docker and --own-docker exclude each other', exit: exitCodes.usage })
  if (wish.socket !== undefined) return given(wish.socket.replace(/^unix:\/\//, ''))
  if (!wish.own) {
    const { DOCKER_HOST: host } = env
    if (host !== undefined && host !== '') {
      if (!host.startsWith('unix://'))
        throw new Fault({
          what: `cannot use DOCKER_HOST=${host}`,
          why: 'an agent drives the Docker daemon of its own host, through a unix socket',
          fix: 'unset DOCKER_HOST, or set it to unix:///path/to/docker.sock',
        })
      return given(host.slice('unix://'.length))
    }
    if (await answers(usualSocket)) return given(usualSocket)
    // There, but not for us: a clearer error than "cannot start another one".
    if (existsSync(usualSocket) && !isRoot) await checkDocker(usualSocket)
  }
  if ((await findProgram('dockerd')) === null)
    throw new Fault({
      what: 'no Docker daemon runs here, and Docker is not installed',
      fix: 'apt-get install --no-install-recommends docker.io iproute2 iptables',
    })
  if (!isRoot)
    throw new Fault({
      what: 'no Docker daemon runs here',
      fix: 'start one (systemctl start docker), or run gantry up as root, which starts one of its own',
    })
  return { socket: home.dockerSocket, owned: true, range: await chooseRange() }
}

async function given(socket: string): Promise<Engine> {
  await checkDocker(socket)
  return { socket, owned: false, range: null }
}
