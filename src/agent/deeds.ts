// What a worker does to the containers of its task, each deed with its limit. Invariant: after each the inventory shows
// what became of the container, a container that is gone is not a failure, and one that bears the name of a task
// without being its container is never touched. When to do what is decided elsewhere.

import type { Assignment, Duration, TaskId } from '../model/index.ts'
import { containerName, labels, volumeName } from './naming.ts'
import type { Owned } from './naming.ts'
import { RuntimeFailure } from './ports.ts'
import { containerRequest, needsImageUser, ownerOf, secretFilesOf } from './request.ts'
import type { Shop } from './shop.ts'

const limits = {
  look: 30_000,
  make: 60_000,
  start: 120_000,
  remove: 60_000,
  /** Beyond a container's own grace. */
  stop: 30_000,
  drain: 5000,
  publish: 15_000,
} as const

const killTakesMs = 500

const diskTrouble = 'how far the job is could not be written to the disk of its host'

export class Deeds {
  readonly #task: TaskId
  readonly #shop: Shop
  #pull: AbortController | null = null

  constructor(task: TaskId, shop: Shop) {
    this.#task = task
    this.#shop = shop
  }

  /** Image, network, volumes, secrets, container. Throws `RuntimeFailure`. */
  async create(
    assignment: Assignment,
    { attempt, streak }: { readonly attempt: number; readonly streak: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, cluster, node, networks, inventory } = this.#shop
    if (!(await this.#haveImage(assignment, signal))) return
    await networks.ensure(assignment.stack, signal)
    for (const { volume } of Object.values(assignment.template.mounts)) {
      if (assignment.memoryVolumes?.[volume] !== undefined) continue
      await engine.call(`making the volume ${volume}`, limits.look, signal, (runtime) =>
        runtime.ensureVolume(volumeName(cluster, assignment.stack, volume), {
          [labels.cluster]: cluster,
          [labels.node]: node,
          [labels.stack]: assignment.stack,
        }),
      )
    }
    const imageUser = needsImageUser(assignment)
      ? await engine.call(`looking at the image ${assignment.image}`, limits.look, signal, (runtime) =>
          runtime.imageUser(assignment.image),
        )
      : null
    const request = await engine.within('preparing its secrets', limits.look, signal, () =>
      this.#prepare(assignment, imageUser, attempt, streak),
    )
    const id = await engine.call('making its container', limits.make, signal, (runtime) =>
      runtime.create(request),
    )
    if (!(await this.see(id, signal))) return
    if (!inventory.of(this.#task).some((each) => each.info.id === id && each.attempt === attempt))
      throw new RuntimeFailure(
        'refused',
        `the container name ${containerName(this.#task, attempt)} is taken by a container that is not this cluster's; remove that container`,
      )
  }

  /** Whoever waits for an image need not any more. */
  abandonPull(): void {
    this.#pull?.abort()
  }

  /** False when the wait was abandoned. */
  async #haveImage(assignment: Assignment, signal: AbortSignal): Promise<boolean> {
    const pull = new AbortController()
    const end = () => pull.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    this.#pull = pull
    try {
      await this.#shop.images.ensure(assignment, pull.signal)
      return true
    } catch (error) {
      if (pull.signal.aborted && !signal.aborted) return false
      throw error
    } finally {
      this.#pull = null
      signal.removeEventListener('abort', end)
    }
  }

  async #prepare(assignment: Assignment, imageUser: string | null, attempt: number, streak: number) {
    const { secretFiles, cluster, node, ledger } = this.#shop
    const secrets = new Map(
      assignment.secrets.map(({ name, sealed }) => [name, secretFiles.open(sealed)] as const),
    )
    const files = secretFilesOf(assignment, secrets)
    const secretFolder =
      files.size === 0 ? null : await secretFiles.write(this.#task, files, ownerOf(assignment, imageUser))
    return containerRequest(assignment, {
      cluster,
      node,
      term: ledger.term,
      attempt,
      streak,
      secrets,
      secretFolder,
    })
  }

  /** `isRetry`: an earlier start failed. */
  async start(
    { info: { id } }: Owned,
    assignment: Assignment,
    isRetry: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, ledger, inventory, fences } = this.#shop
    const isJob = assignment.kind === 'job'
    // An earlier start may have come into effect without an answer, and a job's container may have ended since:
    // starting it again would run the job twice.
    if (isRetry || (isJob && ledger.current?.jobs.has(this.#task))) {
      if (!(await this.see(id, signal))) return
      if (inventory.of(this.#task).find((each) => each.info.id === id)?.info.state !== 'created') return
    }
    // From here on it counts as having run, whatever this host forgets.
    if (isJob && !(await ledger.noteJob(this.#task, null)))
      throw new RuntimeFailure('unavailable', diskTrouble)
    await engine.within('handing its lease to the guard', limits.look, signal, () =>
      fences.admit(assignment, id),
    )
    await this.#treatGone(id, () =>
      engine.call('starting its container', limits.start, signal, (runtime) => runtime.start(id)),
    )
    await this.see(id, signal)
  }

  /** Writes down how a job ended. Throws `RuntimeFailure`. */
  async noteEnd(end: { readonly exitCode: number | null; readonly message: string | null }): Promise<void> {
    if (!(await this.#shop.ledger.noteJob(this.#task, end)))
      throw new RuntimeFailure('unavailable', diskTrouble)
  }

  /** Waits until nothing new reaches it through a published port, and its connections have ended; within limits. */
  async leave(signal: AbortSignal): Promise<void> {
    const { engine, publisher, publishing, logger } = this.#shop
    try {
      await engine.within('leaving its published ports', limits.publish, signal, () => publishing.settle())
      await engine.within('draining', limits.drain + 1000, signal, () =>
        publisher.drain(this.#task, limits.drain),
      )
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error
      // It is stopped all the same: a wish to stop outranks the end of its connections.
      logger.warn({ task: this.#task, reason: error.message }, 'a task was not drained')
    }
  }

  async stop(containers: readonly Owned[], signal: AbortSignal): Promise<void> {
    for (const { info, graceMs } of containers) {
      await this.#treatGone(info.id, () =>
        this.#shop.engine.call('stopping its container', graceMs + limits.stop, signal, (runtime) =>
          runtime.stop(info.id, graceMs),
        ),
      )
      await this.see(info.id, signal)
    }
  }

  /** Stops them before their lease ends; the guard kills what is left of them then. */
  async fence(containers: readonly Owned[], leftMs: Duration, signal: AbortSignal): Promise<void> {
    // The engine counts whole seconds, and takes a moment.
    const graceMs = Math.max(0, Math.floor((leftMs - killTakesMs) / 1000) * 1000)
    await this.stop(
      containers.map((each) => ({ ...each, graceMs: Math.min(each.graceMs, graceMs) })),
      signal,
    )
  }

  async remove(containers: readonly Owned[], signal: AbortSignal): Promise<void> {
    for (const { info } of containers) {
      await this.#treatGone(info.id, () =>
        this.#shop.engine.call('removing its container', limits.remove, signal, (runtime) =>
          runtime.remove(info.id),
        ),
      )
      this.#shop.inventory.drop(info.id)
    }
  }

  /** That they cannot be removed is not the task's trouble. */
  async removeSecrets(signal: AbortSignal): Promise<void> {
    const { engine, secretFiles, logger } = this.#shop
    try {
      await engine.within('removing its secrets', limits.look, signal, () => secretFiles.remove(this.#task))
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error
      logger.error({ task: this.#task, reason: error.message }, 'secret files cannot be removed')
    }
  }

  /** Brings the inventory up to date about one container; false when it is gone. */
  async see(id: string, signal: AbortSignal): Promise<boolean> {
    const { engine, inventory } = this.#shop
    const stamp = inventory.stamp()
    return this.#treatGone(id, async () => {
      const info = await engine.call('inspecting its container', limits.look, signal, (runtime) =>
        runtime.inspect(id),
      )
      inventory.take(info, stamp)
    })
  }

  /** False when the container turned out to be gone. */
  async #treatGone(id: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (error) {
      if (!(error instanceof RuntimeFailure) || error.kind !== 'gone') throw error
      this.#shop.inventory.drop(id)
      return false
    }
  }
}
