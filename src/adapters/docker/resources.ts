// Networks and volumes of a cluster in the engine. Invariant: what is there already is only used when it carries the
// label of the same cluster; data of somebody else is never mounted. Throws `EngineError` and `RuntimeFailure`.

import type Docker from 'dockerode'
import { labels as labelOf, RuntimeFailure } from '../../agent/index.ts'
import { listAnswer, networkListAnswer, volumeAnswer } from './answers.ts'
import { EngineError, orMissing } from './engine-error.ts'
import { escapePath, inBody, parseAnswer } from './engine.ts'
import type { Engine } from './engine.ts'
import type { DockerLimits } from './limits.ts'

type Labels = Readonly<Record<string, string>>

export interface NetworkInfo {
  readonly name: string
  readonly stack: string
  readonly inUse: boolean
}

export class Resources {
  readonly #engine: Engine
  readonly #limits: DockerLimits
  /** Networks that are being made: the engine would make two of one name. */
  readonly #making = new Map<string, Promise<void>>()

  constructor(engine: Engine, limits: DockerLimits) {
    this.#engine = engine
    this.#limits = limits
  }

  async ensureNetwork(name: string, labels: Labels): Promise<void> {
    const under = this.#making.get(name)
    if (under) return under
    const made = this.#makeNetwork(name, labels).finally(() => this.#making.delete(name))
    this.#making.set(name, made)
    return made
  }

  async removeNetwork(name: string): Promise<void> {
    for (const { Id } of await this.#networksNamed(name))
      await this.#remove((docker) => docker.getNetwork(escapePath(Id)).remove())
  }

  async listNetworks(cluster: string): Promise<NetworkInfo[]> {
    const filters = { label: [`${labelOf.cluster}=${cluster}`] }
    const networks = parseAnswer(
      networkListAnswer,
      await this.#read((docker) => docker.listNetworks({ filters })),
    )
    const containers = parseAnswer(
      listAnswer,
      await this.#read((docker) => docker.listContainers({ all: true })),
    )
    const used = new Set(containers.flatMap((each) => Object.keys(each.NetworkSettings?.Networks ?? {})))
    return networks.map(({ Name, Labels }) => ({
      name: Name,
      stack: Labels?.[labelOf.stack] ?? '',
      inUse: used.has(Name),
    }))
  }

  async ensureVolume(name: string, labels: Labels): Promise<void> {
    // Does nothing when there is one. Its answer is not to be trusted then: dockerd 20.10 that has been started again
    // knows the labels of a volume only once it was looked at.
    await this.#create((docker) =>
      docker.createVolume(inBody({ Name: name, Driver: 'local', Labels: { ...labels } })),
    )
    const answer = await this.#read((docker) => docker.getVolume(escapePath(name)).inspect())
    requireSameCluster('volume', name, labels, parseAnswer(volumeAnswer, answer).Labels ?? {})
  }

  async removeVolume(name: string): Promise<void> {
    await this.#remove((docker) => docker.getVolume(escapePath(name)).remove())
  }

  async #makeNetwork(name: string, labels: Labels): Promise<void> {
    const isThere = async (): Promise<boolean> => {
      const [found] = await this.#networksNamed(name)
      if (found) requireSameCluster('network', name, labels, found.Labels ?? {})
      return found !== undefined
    }
    if (await isThere()) return
    try {
      const body = { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: { ...labels } }
      await this.#create((docker) => docker.createNetwork(inBody(body)))
    } catch (error) {
      const isTaken = error instanceof EngineError && error.status === 409
      if (!(isTaken && (await isThere()))) throw error
    }
  }

  async #networksNamed(name: string) {
    const filters = { name: [name] } // the engine's filter finds parts of names, too
    const found = parseAnswer(
      networkListAnswer,
      await this.#read((docker) => docker.listNetworks({ filters })),
    )
    return found.filter((network) => network.Name === name)
  }

  #read(call: (docker: Docker) => Promise<unknown>): Promise<unknown> {
    return this.#engine.ask({ limitMs: this.#limits.readMs }, call)
  }

  #create(call: (docker: Docker) => Promise<unknown>): Promise<unknown> {
    return this.#engine.ask({ limitMs: this.#limits.createMs }, call)
  }

  async #remove(call: (docker: Docker) => Promise<unknown>): Promise<void> {
    await orMissing(this.#engine.ask({ limitMs: this.#limits.removeMs }, call))
  }
}

function requireSameCluster(kind: string, name: string, wanted: Labels, found: Labels): void {
  const owner = found[labelOf.cluster]
  if (owner === wanted[labelOf.cluster]) return
  const whose = owner === undefined ? 'was not made by gantry' : `belongs to the cluster ${owner}`
  throw new RuntimeFailure(
    'refused',
    `the ${kind} ${name} is there already and ${whose}; rename or remove it`,
  )
}
