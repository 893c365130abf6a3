// Carries out the faults of a run. Invariant: a fault ends by itself after its time, and of several of one kind the worst
// counts until the last has ended; `calm` ends them all.

import { unreachable } from '../../model/index.ts'
import type { Cut } from '../bus.ts'
import type { SimNode, SimServer } from '../members.ts'
import type { World } from '../world.ts'
import type { Deed, PlaceId } from './scenario.ts'

export class Faults {
  readonly #world: World
  /** Figures that count now, by what they are of. */
  readonly #active = new Map<string, number[]>()
  readonly #ends = new Set<() => void>()

  constructor(world: World) {
    this.#world = world
  }

  /** False when it is no fault. */
  carryOut(deed: Deed): boolean {
    const world = this.#world
    switch (deed.do) {
      case 'kill': {
        const who = this.#find(deed.who)
        if ('role' in who) world.killServer(who)
        else world.killAgent(who)
        this.#later(deed.forMs, () => this.#start(who))
        return true
      }
      case 'kill-at': {
        const who = this.#find(deed.who)
        world.killAt(who, deed.calls, deed.isDone)
        this.#later(deed.forMs, () => this.#start(who))
        return true
      }
      case 'crash': {
        const node = this.#node(deed.node)
        world.killAgent(node)
        node.guard.reset()
        this.#hold(`down ${node.id}`, 1, deed.forMs, (down) => this.#setDown(node, down))
        this.#later(deed.forMs, () => this.#start(node))
        return true
      }
      case 'store-down':
        this.#hold('store-down', 1, deed.forMs, (down) => {
          world.log.isDown = down > 0
          world.log.wake()
        })
        return true
      case 'store-silent':
        this.#hold('store-silent', deed.share, deed.forMs, (share) => (world.log.silence = share))
        return true
      case 'store-loses':
        world.log.loseTail(deed.records)
        return true
      case 'store-flips':
        world.log.flip(world.log.records.length - deed.back)
        return true
      case 'cut': {
        const cut: Cut = { places: new Set(deed.places), ways: deed.ways }
        world.cut(cut)
        this.#later(deed.forMs, () => world.mend(cut))
        return true
      }
      case 'bus':
        this.#hold('loss', deed.loss, deed.forMs, (share) => (world.bus.loss = share))
        this.#hold('lateness', deed.lateness, deed.forMs, (share) => (world.bus.lateness = share))
        this.#hold('doubling', deed.doubling, deed.forMs, (share) => (world.bus.doubling = share))
        return true
      case 'engine-down': {
        const node = this.#node(deed.node)
        this.#hold(`down ${node.id}`, 1, deed.forMs, (down) => this.#setDown(node, down))
        return true
      }
      case 'engine-stuck': {
        const { host } = this.#node(deed.node)
        this.#hold(`stuck ${deed.node}`, 1, deed.forMs, (stuck) => (stuck > 0 ? host.stick() : host.letGo()))
        return true
      }
      case 'engine-slow': {
        const { host } = this.#node(deed.node)
        this.#hold(`slow ${deed.node}`, deed.ms, deed.forMs, (ms) => (host.slowness = Math.max(1, ms)))
        return true
      }
      case 'engine-fails': {
        const { host } = this.#node(deed.node)
        this.#hold(`fails ${deed.node}`, deed.share, deed.forMs, (share) => (host.failures = share))
        return true
      }
      case 'disk-full': {
        const who = this.#find(deed.who)
        const disk = 'copy' in who ? who.copy : who.disk
        this.#hold(`full ${deed.who}`, 1, deed.forMs, (full) => (disk.isFull = full > 0))
        return true
      }
      case 'clock-jump':
        this.#find(deed.who).clock.jump(deed.ms)
        return true
      case 'clock-drift':
        this.#find(deed.who).clock.drift(deed.rate)
        return true
      case 'container':
        this.#hurtContainer(deed)
        return true
      case 'apply':
      case 'destroy':
      case 'secret':
      case 'node':
        return false
      default:
        return unreachable(deed)
    }
  }

  /** Everything works, from now on. What was broken stays broken: clocks that are wrong, copies that are short. */
  calm(): void {
    for (const end of [...this.#ends]) end()
    this.#world.spareAll()
    for (const each of [...this.#world.servers, ...this.#world.nodes]) {
      each.clock.drift(1)
      this.#start(each)
    }
  }

  #setDown({ host }: SimNode, down: number): void {
    if (down > 0) host.down()
    else host.up()
  }

  #hurtContainer({ node, pick, how }: Deed & { readonly do: 'container' }): void {
    const { host } = this.#node(node)
    const running = host.running()
    const container = running[pick % Math.max(1, running.length)]
    if (!container) return
    if (how === 'exit') host.exit(container.id, 1)
    else if (how === 'wipe') {
      host.exit(container.id, 137)
      host.wipe(container.id)
    } else container.isSick = true
  }

  /** Sets the worst of the figures that count. */
  #hold(what: string, figure: number, forMs: number, set: (worst: number) => void): void {
    const active = this.#active.get(what) ?? []
    this.#active.set(what, active)
    active.push(figure)
    set(Math.max(...active))
    this.#later(forMs, () => {
      active.splice(active.indexOf(figure), 1)
      set(Math.max(0, ...active))
    })
  }

  #later(forMs: number, end: () => void): void {
    const once = () => {
      if (this.#ends.delete(once)) end()
    }
    this.#ends.add(once)
    this.#world.clock.after(forMs, once)
  }

  #start(who: SimServer | SimNode): void {
    if ('role' in who) this.#world.startServer(who)
    else this.#world.startAgent(who)
  }

  #find(id: PlaceId): SimServer | SimNode {
    const found = [...this.#world.servers, ...this.#world.nodes].find((each) => each.id === id)
    if (!found) throw new Error(`the world has no ${id}`)
    return found
  }

  #node(id: PlaceId): SimNode {
    const found = this.#world.nodes.find((each) => each.id === id)
    if (!found) throw new Error(`the world has no node ${id}`)
    return found
  }
}
