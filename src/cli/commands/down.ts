// `gantry down`: stops the one-node cluster and its containers; with --purge its data go too. Invariant: without
// --purge nothing that `gantry up` could not bring back is lost; other containers of the same engine are not touched.

import { rm, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { answers, clearEngine } from '../../adapters/docker/index.ts'
import { exitCodes, Fault } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { readClusterFile } from '../home.ts'
import type { ClusterFile, Home } from '../home.ts'
import { holdLock } from '../node/lock.ts'
import { partsOf, stopGuard } from '../node/parts.ts'
import type { Part } from '../node/parts.ts'

export interface DownArgs {
  readonly purge: boolean
  readonly yes: boolean
}

export const runDown: Command<DownArgs> = async ({ home, terminal, signal }, args) => {
  const cluster = readClusterFile(home)
  if (!cluster) {
    terminal.out(`there is no cluster in ${home.root}`)
    return exitCodes.ok
  }
  if (
    args.purge &&
    !args.yes &&
    !(await terminal.confirm(`remove the cluster in ${home.root} with all its volumes and secrets?`, signal))
  ) {
    terminal.say('nothing was changed')
    return exitCodes.failed
  }
  const release = await holdLock(home)
  try {
    const [docker, ...others] = partsOf(home, cluster)
    if (!docker) throw new Error('a cluster has a Docker daemon')
    const stop = async (part: Part) => {
      await part.stop()
      terminal.say(`${part.name}: stopped`)
    }
    const isOurs = (part: Part) => part.ended !== undefined
    // The agent first, or it would start again what is stopped now.
    for (const part of others.filter(isOurs).toReversed()) await stop(part)
    await clearContainers(home, cluster, args.purge, (line) => terminal.say(line))
    await stopGuard(home)
    for (const part of others.filter((each) => !isOurs(each))) await stop(part)
    await docker.stop()
    if (cluster.docker.owned) terminal.say(`${docker.name}: stopped`)
    await rm(dirname(home.secretFiles), { recursive: true, force: true })
    // The folder of all clusters of this user goes with the last of them.
    await rmdir(dirname(dirname(home.secretFiles))).catch(() => undefined)
    if (args.purge) {
      await docker.clear?.()
      await rm(home.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    }
    terminal.out(args.purge ? 'the cluster is removed' : 'the cluster is stopped; gantry up brings it back')
    return exitCodes.ok
  } finally {
    await release()
  }
}

async function clearContainers(
  home: Home,
  file: ClusterFile,
  purge: boolean,
  say: (line: string) => void,
): Promise<void> {
  const { cluster, docker } = file
  if (cluster === null) return
  const [daemon] = partsOf(home, file)
  if (!(await answers(docker.socket))) {
    // Its containers outlive a daemon that was killed: it is started once more to stop them.
    if (docker.owned) await daemon?.start()
    else {
      if (purge)
        throw new Fault({
          what: `cannot remove the containers and volumes of the cluster`,
          why: `no Docker daemon answers on ${docker.socket}`,
          fix: 'start it and run this again',
        })
      say(`no Docker daemon answers on ${docker.socket}: its containers are left as they are`)
      return
    }
  }
  const clear = () =>
    clearEngine({
      socketPath: docker.socket,
      cluster,
      // The data of a daemon of ours goes with its folder.
      withData: purge && !docker.owned,
    })
  let problems = await clear()
  if (problems.length > 0 && docker.owned) {
    // A daemon that stops many containers at once can lose count of those on a network, and then never gives the
    // network up ("has active endpoints", seen with 20.10.24). It counts anew when it starts.
    await daemon?.stop()
    await daemon?.start()
    problems = await clear()
  }
  for (const problem of problems) say(`not removed: ${problem}`)
  if (problems.length > 0)
    throw new Fault({
      what: `${problems.length} ${problems.length === 1 ? 'thing' : 'things'} of the cluster could not be removed`,
      fix: 'look at what is said above and run this again',
    })
  say('containers: stopped and removed')
}
