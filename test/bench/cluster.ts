// A real one-node cluster for a benchmark, made by the built command as a user makes it: its own dockerd, nats-server,
// server and agent below one folder of the workspace, which ends it when nobody else does.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/gantry.ts'
import type { Surroundings } from './bench.ts'
import { endCluster } from './workspace.ts'
import { timed } from './timed.ts'
import type { Timed } from './timed.ts'

export type Part = 'server' | 'agent' | 'dockerd' | 'nats'

const gantry = join(root, 'bin/gantry.js')

export class Cluster implements AsyncDisposable {
  readonly home: string
  readonly #surroundings: Surroundings
  readonly #env: NodeJS.ProcessEnv

  private constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.home = surroundings.workspace.folder('cluster')
    this.#env = { XDG_CACHE_HOME: surroundings.workspace.folder('cache') }
  }

  /** Starts it, with the busybox image in its engine. */
  static async start(surroundings: Surroundings): Promise<Cluster> {
    const cluster = new Cluster(surroundings)
    try {
      await cluster.command('up', '--own-docker', '--node', 'bench')
      const { signal } = surroundings
      const script = join(root, 'scripts/base-image.ts')
      await timed(process.execPath, [script, '--docker', cluster.socket], { signal })
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  get socket(): string {
    return join(this.home, 'run/docker.sock')
  }

  /** Runs a gantry command against it, as a whole process. */
  command(...args: readonly string[]): Promise<Timed> {
    const { signal, workspace } = this.#surroundings
    return timed(process.execPath, [gantry, '--home', this.home, ...args], {
      signal,
      cwd: workspace.root,
      env: this.#env,
    })
  }

  pid(part: Part): number {
    const file = join(this.home, part === 'nats' ? 'nats' : 'run', `${part}.pid`)
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof record === 'object' && record !== null && 'pid' in record && typeof record.pid === 'number')
      return record.pid
    throw new Error(`${file} names no process`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endCluster(this.home)
  }
}
