// The one folder in which a run of the benchmarks keeps everything: programs, caches, the home of its cluster.
// Invariant: nothing outlives the run; what a killed run left (its cluster included) is cleared away by the next. It
// never touches what a run that is still alive has made.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers } from '../../src/adapters/docker/index.ts'
import { runGantry } from '../support/gantry.ts'
import { removeBare } from './bare-docker.ts'

const base = join(tmpdir(), 'gantry-bench')

export class Workspace implements AsyncDisposable {
  readonly root: string
  #folders = 0

  private constructor(root: string) {
    this.root = root
  }

  static async open(): Promise<Workspace> {
    await sweep()
    const root = join(base, ownerOf(process.pid))
    mkdirSync(root, { recursive: true, mode: 0o711 })
    return new Workspace(root)
  }

  /** A new empty folder. */
  folder(name: string): string {
    this.#folders += 1
    const path = join(this.root, `${this.#folders}-${name}`)
    mkdirSync(path, { mode: 0o711 })
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await clear(this.root)
    removeBase()
  }
}

/** A process is known by its number and the moment it started, because numbers are used again. */
function ownerOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return `${pid}.${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'}`
}

async function sweep(): Promise<void> {
  if (!existsSync(base)) return
  for (const entry of readdirSync(base)) {
    const pid = Number(entry.split('.')[0])
    if (existsSync(`/proc/${pid}`) && ownerOf(pid) === entry) continue
    await clear(join(base, entry))
  }
  removeBase()
}

/** Removes a cluster with all that was started on its engine; none there is fine. */
export async function endCluster(home: string): Promise<void> {
  if (!existsSync(join(home, 'cluster.json'))) return
  const socket = join(home, 'run/docker.sock')
  if (await answers(socket)) await removeBare(socket)
  const { code, err } = await runGantry(['--home', home, 'down', '--purge', '--yes'])
  if (code !== 0) throw new Error(`the cluster in ${home} could not be removed: ${err}`)
}

/** Ends the clusters in it and removes it. */
async function clear(folder: string): Promise<void> {
  for (const entry of readdirSync(folder)) await endCluster(join(folder, entry))
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

function removeBase(): void {
  try {
    rmdirSync(base)
  } catch {
    // another run has its folder there
  }
}
