// Clearing an engine of what a cluster left there: containers, networks, and where asked its volumes and images.
// Invariant: only what carries the cluster's label is touched. It is for `gantry down`, when no agent runs.

import type Docker from 'dockerode'
import { messageOf } from '../../model/index.ts'

export interface Clearing {
  readonly socketPath: string
  /** Value of the label `gantry.cluster`. */
  readonly cluster: string
  /** Data goes too: volumes, and the images that were built for the cluster. */
  readonly withData: boolean
}

/** Seconds between the stop signal and the kill. */
const graceSeconds = 10
/** How long it may take to stop and remove one container. */
const limitMs = 60_000

/** Resolves with what could not be removed and why; nothing there is no problem. */
export async function clearEngine({ socketPath, cluster, withData }: Clearing): Promise<string[]> {
  const { default: Engine } = await import('dockerode')
  const docker = new Engine({ socketPath, timeout: limitMs })
  const filters = { label: [`gantry.cluster=${cluster}`] }
  const problems: string[] = []
  const each = async <Thing>(
    things: readonly Thing[],
    name: (thing: Thing) => string,
    act: (thing: Thing) => Promise<unknown>,
  ) => {
    await Promise.all(
      things.map((thing) =>
        act(thing).catch((error: unknown) => {
          if (!isGone(error)) problems.push(`${name(thing)}: ${messageOf(error)}`)
        }),
      ),
    )
  }
  await each(
    await docker.listContainers({ all: true, filters }),
    (container) => container.Names[0]?.slice(1) ?? container.Id,
    async ({ Id, State }) => {
      const container = docker.getContainer(Id)
      if (State === 'running') await stop(container)
      await container.remove({ force: true, v: true })
    },
  )
  await each(
    await docker.listNetworks({ filters }),
    (network) => network.Name,
    ({ Id }) => docker.getNetwork(Id).remove(),
  )
  if (!withData) return problems
  // The answer has null and no list when there is none.
  const listed: { Volumes: { Name: string }[] | null } = await docker.listVolumes({ filters })
  await each(
    listed.Volumes ?? [],
    (volume) => volume.Name,
    ({ Name }) => docker.getVolume(Name).remove(),
  )
  // An image that others were built on can only go after them, which one round may be too early for.
  for (let left = Infinity, kept: string[] = []; ;) {
    const images = await docker.listImages({ filters })
    if (images.length === 0 || images.length >= left) return [...problems, ...kept]
    left = images.length
    kept = []
    for (const { Id, RepoTags } of images)
      await docker
        .getImage(Id)
        .remove({ force: true })
        .catch((error: unknown) => {
          if (!isGone(error)) kept.push(`${RepoTags?.[0] ?? Id}: ${messageOf(error)}`)
        })
  }
}

async function stop(container: Docker.Container): Promise<void> {
  await container.stop({ t: graceSeconds }).catch((error: unknown) => {
    // 304: it has stopped by itself meanwhile.
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 304)) throw error
  })
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404
}
