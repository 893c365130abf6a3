// Clearing an engine of what a cluster left there: containers, networks, and where asked its volumes and images.
// Invariant: only what carries the cluster's label is touched. It is for `gantry down`, when no agent runs.

import type Docker from 'dockerode'
import { labels } from '../../agent/index.ts'
import { imageListAnswer, listAnswer, networkListAnswer, volumeListAnswer } from './answers.ts'
import { engineFault } from './check.ts'
import { EngineError, orMissing } from './engine-error.ts'
import { Engine, escapePath, inQuery, parseAnswer } from './engine.ts'
import { cleanMessage } from './failure.ts'

export interface Clearing {
  readonly socketPath: string
  /** Value of the label `gantry.cluster`. */
  readonly cluster: string
  /** Data goes too: volumes, and the images that were built for the cluster. */
  readonly withData: boolean
}

/** Seconds between the stop signal and the kill. */
const graceSeconds = 10
/** How long it may take to stop or to remove one thing. */
const limitMs = 60_000

/** Resolves with what could not be removed and why; nothing there is no problem. Throws `Fault` without an engine. */
export async function clearEngine({ socketPath, cluster, withData }: Clearing): Promise<string[]> {
  const engine = new Engine({ socketPath })
  const filters = { label: [`${labels.cluster}=${cluster}`] }
  const ask = (call: (docker: Docker) => Promise<unknown>) => engine.ask({ limitMs }, call)
  try {
    const problems = [
      ...(await removeContainers(ask, filters)),
      ...(await removeEach(
        parseAnswer(networkListAnswer, await ask((docker) => docker.listNetworks({ filters }))),
        ({ Name }) => Name,
        ({ Id }) => ask((docker) => docker.getNetwork(escapePath(Id)).remove()),
      )),
    ]
    if (!withData) return problems
    const { Volumes } = parseAnswer(volumeListAnswer, await ask((docker) => docker.listVolumes({ filters })))
    problems.push(
      ...(await removeEach(
        Volumes ?? [],
        ({ Name }) => Name,
        ({ Name }) => ask((docker) => docker.getVolume(escapePath(Name)).remove()),
      )),
    )
    return [...problems, ...(await removeImages(ask, filters))]
  } catch (error) {
    throw engineFault(engine, error)
  }
}

type Ask = (call: (docker: Docker) => Promise<unknown>) => Promise<unknown>
type Filters = Record<string, string[]>

async function removeContainers(ask: Ask, filters: Filters): Promise<string[]> {
  const listed = await ask((docker) => docker.listContainers({ all: true, filters }))
  return removeEach(
    parseAnswer(listAnswer, listed),
    ({ Names, Id }) => Names?.[0]?.slice(1) ?? Id,
    async ({ Id, State }) => {
      const id = escapePath(Id)
      if (State === 'running')
        await ask((docker) => docker.getContainer(id).stop(inQuery({ t: graceSeconds })))
      await ask((docker) => docker.getContainer(id).remove({ force: true, v: true }))
    },
  )
}

/** An image that others were built on can only go after them, which one round may be too early for. */
async function removeImages(ask: Ask, filters: Filters): Promise<string[]> {
  for (let left = Infinity, problems: string[] = []; ;) {
    const images = parseAnswer(imageListAnswer, await ask((docker) => docker.listImages({ filters })))
    if (images.length === 0 || images.length >= left) return problems
    left = images.length
    problems = []
    for (const image of images)
      problems.push(
        ...(await removeEach(
          [image],
          ({ Id, RepoTags }) => RepoTags?.[0] ?? Id,
          ({ Id }) => ask((docker) => docker.getImage(escapePath(Id)).remove({ force: true })),
        )),
      )
  }
}

/** What the engine does not give up, and why. */
async function removeEach<Thing>(
  things: readonly Thing[],
  nameOf: (thing: Thing) => string,
  remove: (thing: Thing) => Promise<unknown>,
): Promise<string[]> {
  const results = await Promise.all(
    things.map((thing) =>
      orMissing(remove(thing)).then(
        () => null,
        (error: unknown) => {
          if (!(error instanceof EngineError)) throw error
          return `${nameOf(thing)}: ${error.status === null ? 'the engine ' : ''}${cleanMessage(error.message)}`
        },
      ),
    ),
  )
  return results.filter((problem) => problem !== null)
}
