// Faults from a seed: servers and agents are killed and cut off, the engine dies, messages and the answers of the log
// are lost, while applies go on. What must always hold is looked at after every step, what must hold in the end once
// everything is healed. A failing seed is repeated with `SEED=<n> npx vitest run test/sim/faults.test.ts`; `SEEDS=<n>`
// tries the first n of them.

import { expect, test } from 'vitest'
import { isHealthy } from '../../src/model/index.ts'
import { Chance } from '../../src/sim/index.ts'
import type { SimHost, World } from '../../src/sim/index.ts'
import { joined } from './cluster.ts'
import { applyRequest, job, service, singleWriter, stack } from './stack.ts'

const { SEED, SEEDS = '25' } = process.env
const seeds =
  SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, index) => index + 1) : [Number(SEED)]

const healMs = 1_200_000

test.each(seeds)(
  'seed %i: whatever fails, nothing acknowledged is lost and nothing runs twice',
  async (seed) => {
    const world = await joined({ seed, servers: 3, nodes: 2 })
    const run = new Run(world, new Chance(seed * 7919))
    world.invariant = () => run.checkAlways()
    try {
      for (let step = 0; step < 60; step += 1) {
        run.doSomething()
        await world.pass(run.chance.between(50, 4000))
      }
      await run.heal()
      run.checkEnd()
    } catch (error) {
      console.error(
        `${world.trace.toString()}\nrepeat it: SEED=${seed} npx vitest run test/sim/faults.test.ts\n`,
      )
      throw error
    }
  },
  60_000,
)

class Run {
  readonly #world: World
  readonly chance: Chance
  /** Plans whose apply was acknowledged. */
  readonly #acknowledged = new Set<string>()
  #image = 1
  #runs = 1

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.chance = chance
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.chance.between(0, items.length - 1)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  get #hosts(): SimHost[] {
    return this.#world.nodes.map(({ host }) => host)
  }

  doSomething(): void {
    const world = this.#world
    const server = this.#pick(world.servers)
    const node = this.#pick(world.nodes)
    switch (this.chance.between(1, 15)) {
      case 1:
        world.killServer(server)
        break
      case 2:
      case 3:
        for (const each of world.servers) world.startServer(each)
        break
      case 4:
        world.killAgent(node)
        break
      case 5:
      case 6:
        for (const each of world.nodes) world.startAgent(each)
        break
      case 7:
        world.sever(this.chance.fraction() < 0.5 ? server : node)
        break
      case 8:
        this.#reconnect()
        break
      case 9:
        node.host.down()
        break
      case 10:
        for (const host of this.#hosts) host.up()
        break
      case 11: {
        const running = node.host.running()
        if (running.length > 0) node.host.exit(this.#pick(running).id, 1)
        break
      }
      case 12:
        node.host.slowness = this.#pick([1, 1, 100, 3000])
        node.disk.isFull = this.chance.fraction() < 0.2
        break
      case 13:
        world.bus.loss = this.#pick([0, 0, 0.05, 0.3])
        world.bus.lateness = this.#pick([0, 0, 0.1, 0.4])
        world.log.silence = this.#pick([0, 0, 0.2])
        break
      default:
        this.#apply()
    }
  }

  #apply(): void {
    if (this.chance.fraction() < 0.5) this.#image += 1
    else this.#runs += 1
    const world = this.#world
    const request = applyRequest(this.#document(), world.state.stacks.get('hello')?.version ?? 0)
    world.send('apply', request, 10_000).then(
      () => this.#acknowledged.add(request.planId),
      () => undefined, // refused, or nobody knows: nothing was promised
    )
  }

  #document() {
    return stack({
      services: {
        web: service({ image: { ref: `web:${this.#image}` } }, { replicas: 3 }),
        db: service(
          { image: { ref: `db:${this.#image}` }, mounts: { '/data': { volume: 'data', readOnly: false } } },
          { rollout: { ...service().rollout, order: 'stop-first' }, onLost: 'fence' },
        ),
      },
      jobs: { seed: job({ labels: { run: String(this.#runs) } }, { retries: 1000 }) },
      volumes: { data: singleWriter },
    })
  }

  #reconnect(): void {
    for (const each of [...this.#world.servers, ...this.#world.nodes]) this.#world.heal(each)
  }

  async heal(): Promise<void> {
    const world = this.#world
    world.bus.loss = 0
    world.bus.lateness = 0
    world.log.silence = 0
    this.#reconnect()
    for (const { host, disk } of world.nodes) {
      host.slowness = 1
      disk.isFull = false
      host.up()
    }
    for (const each of world.servers) world.startServer(each)
    for (const each of world.nodes) world.startAgent(each)
    await world.until('somebody leads', () => world.leader !== undefined)
    await world.pass(30_000)
    for (let tries = 0; ; tries += 1) {
      const baseVersion = world.state.stacks.get('hello')?.version ?? 0
      try {
        await world.ask('apply', applyRequest(this.#document(), baseVersion))
        break
      } catch (error) {
        if (tries === 5) throw error
        await world.pass(2000)
      }
    }
    await world.until('everything is as it was asked for', () => this.#isConverged(), healMs)
  }

  #isConverged(): boolean {
    const { state } = this.#world
    const tasks = [...state.tasks.values()]
    const running = this.#hosts.flatMap((host) => host.running())
    return (
      [...state.services.values()].every(({ rollout }) => rollout.status === 'done') &&
      [...state.jobs.values()].every(({ status }) => status === 'complete') &&
      tasks.filter((task) => task.kind === 'service' && isHealthy(task)).length === 4 &&
      running.length === 4 &&
      running.every(({ request }) => request.image.endsWith(`:${this.#image}`))
    )
  }

  checkAlways(): void {
    const tasks = new Set<string>()
    const volumes = new Set<string>()
    for (const host of this.#hosts)
      for (const { request } of host.running()) {
        const task = request.labels['gantry.task'] ?? ''
        if (tasks.has(task)) throw new Error(`two containers of ${task} run at once`)
        tasks.add(task)
        for (const mount of request.mounts) {
          if (mount.kind !== 'volume') continue
          if (volumes.has(mount.volume)) throw new Error(`two containers write to ${mount.volume} at once`)
          volumes.add(mount.volume)
        }
      }
  }

  checkEnd(): void {
    const { state, history } = this.#world
    const written = new Set(
      history.flatMap((record) =>
        record.kind === 'commit'
          ? record.parts.flatMap(({ changes }) =>
              changes.flatMap((change) => (change.table === 'stacks' ? (change.value?.planId ?? []) : [])),
            )
          : [],
      ),
    )
    for (const plan of this.#acknowledged) expect(written).toContain(plan)
    // No container of a try was ever followed by another, and of each run one try at most came to a good end.
    const runs = new Map<string, number>()
    for (const record of history)
      if (record.kind === 'commit')
        for (const change of record.parts.flatMap(({ changes }) => changes))
          if (change.table === 'tasks' && change.value?.kind === 'job')
            runs.set(change.key, change.value.revision)
    const jobs = ({ task }: { task: string }) => runs.has(task)
    const starts = this.#hosts.flatMap((host) => host.starts.filter(jobs))
    expect(starts.map(({ task }) => task)).toEqual([...new Set(starts.map(({ task }) => task))])
    const good = this.#hosts.flatMap((host) => host.ends.filter((end) => jobs(end) && end.exitCode === 0))
    const completed = good.map(({ task }) => runs.get(task))
    expect(completed).toEqual([...new Set(completed)])
    expect(completed).toContain(state.jobs.get('hello/seed')?.run)
  }
}
