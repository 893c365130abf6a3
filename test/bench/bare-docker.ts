// What the engine alone needs for the containers that gantry makes: created and started through its API, with the image
// and the options of one that gantry made, so many calls at once. No probe, and nobody who keeps account of them: `gantry
// down` does not know them, so whoever ends a cluster that may hold some calls `removeBare` before.

import { spawnSync } from 'node:child_process'
import Docker from 'dockerode'
import { callEngine } from '../support/dockerd.ts'

const label = 'bench.bare'
const network = 'bench-bare'

export class BareDocker {
  readonly #socket: string
  readonly #docker: Docker
  readonly #body: object

  private constructor(socket: string, docker: Docker, body: object) {
    this.#socket = socket
    this.#docker = docker
    this.#body = body
  }

  /** Asks for what the first container of the stack is; labels name no cluster, so that no agent minds it. */
  static async like(socket: string, stack: string): Promise<BareDocker> {
    const docker = new Docker({ socketPath: socket })
    const [first] = await docker.listContainers({ filters: { label: [`gantry.stack=${stack}`] } })
    if (!first) throw new Error(`no container of ${stack} runs`)
    const { Config: config, HostConfig: host } = await docker.getContainer(first.Id).inspect()
    const labels = Object.entries(config.Labels).filter(([name]) => name !== 'gantry.cluster')
    // A network of its own: that of the stack goes with the stack.
    await docker.createNetwork({ Name: network, Driver: 'bridge', Labels: { [label]: 'yes' } })
    return new BareDocker(socket, docker, {
      ...config,
      Labels: { ...Object.fromEntries(labels), [label]: 'yes' },
      HostConfig: { ...host, NetworkMode: network },
      NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ['web', 'web.bench.internal'] } } },
    })
  }

  /** Milliseconds from the first call to the last container that runs, and has run the command in it when one is given. */
  async run(count: number, concurrency: number, command?: readonly string[]): Promise<number> {
    const began = performance.now()
    await atOnce(concurrency, count, async () => {
      const container = await this.#post('/containers/create', this.#body)
      await this.#post(`/containers/${container}/start`)
      if (!command) return
      const exec = await this.#post(`/containers/${container}/exec`, { Cmd: command, AttachStdout: true })
      // Its answer ends when the command does.
      await this.#post(`/exec/${exec}/start`, {})
    })
    return performance.now() - began
  }

  async #post(path: string, body?: object): Promise<string> {
    const answer = (await callEngine(this.#socket, 'POST', path, body)) as { Id?: string }
    return answer.Id ?? ''
  }

  async remove(): Promise<void> {
    await removeContainers(this.#docker)
  }
}

/** Removes all there may be on an engine that is to go: containers and their network. */
export async function removeBare(socket: string): Promise<void> {
  const docker = new Docker({ socketPath: socket })
  await removeContainers(docker)
  for (const { Id } of await docker.listNetworks({ filters: { label: [label] } }))
    try {
      await docker.getNetwork(Id).remove()
    } catch {
      // A busy engine takes the addresses of containers back late, or never ("has active endpoints"). It goes, but the
      // bridge would stay on the host.
      spawnSync('ip', ['link', 'del', `br-${Id.slice(0, 12)}`])
    }
}

async function removeContainers(docker: Docker): Promise<void> {
  const list = await docker.listContainers({ all: true, filters: { label: [label] } })
  await atOnce(8, list.length, async (index) => {
    await docker.getContainer(list[index]?.Id ?? '').remove({ force: true, v: true })
  })
}

async function atOnce(limit: number, count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) {
      next += 1
      await act(next - 1)
    }
  }
  await Promise.all(Array.from({ length: limit }, work))
}
