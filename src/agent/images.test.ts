import { describe, expect, test } from 'vitest'
import { Chance, SimHost, VirtualClock } from '../sim/index.ts'
import { Engine } from './engine.ts'
import { Images } from './images.ts'

const never = new AbortController().signal

/** An engine whose registry has everything and takes ten seconds. */
class Engines extends SimHost {
  readonly looks: string[] = []
  readonly pulls: { readonly image: string; readonly signal: AbortSignal }[] = []
  readonly #time: VirtualClock

  constructor(clock: VirtualClock) {
    super(clock, new Chance(1))
    this.#time = clock
  }

  override async hasImage(image: string): Promise<boolean> {
    this.looks.push(image)
    return super.hasImage(image)
  }

  override async pullImage(image: string, signal: AbortSignal): Promise<void> {
    this.pulls.push({ image, signal })
    await this.#time.sleep(10_000, signal)
  }
}

function setUp() {
  const clock = new VirtualClock()
  const engine = new Engines(clock)
  const images = new Images(new Engine(engine, clock, () => undefined))
  return { clock, engine, images }
}

describe('images', () => {
  test('the engine is asked once for all tasks that begin together, and again for those that come later', async () => {
    const { clock, engine, images } = setUp()
    const wanted = { image: 'web:1', built: false }
    const all = Promise.all([images.ensure(wanted, never), images.ensure(wanted, never)])
    await clock.pass(100)
    await all
    expect(engine.looks).toEqual(['web:1'])
    const later = images.ensure(wanted, never)
    await clock.pass(100)
    await later
    expect(engine.looks).toEqual(['web:1', 'web:1'])
  })

  test('one pull is for all who wait; it ends when the last of them leaves, and who comes then begins anew', async () => {
    const { clock, engine, images } = setUp()
    const wanted = { image: 'absent:1', built: false }
    const leave = [new AbortController(), new AbortController()]
    const waits = leave.map(({ signal }) => images.ensure(wanted, signal).catch(() => 'left'))
    await clock.pass(1000)
    expect(engine.pulls).toHaveLength(1)
    leave[0]?.abort()
    await clock.pass(1000)
    expect(engine.pulls[0]?.signal.aborted).toBe(false)
    leave[1]?.abort()
    expect(await Promise.all(waits)).toEqual(['left', 'left'])
    expect(engine.pulls[0]?.signal.aborted).toBe(true)
    const next = images.ensure(wanted, never)
    await clock.pass(20_000)
    await next
    expect(engine.pulls).toHaveLength(2)
  })

  test('an image that is built is not looked for in a registry, though another task pulls one of that name', async () => {
    const { clock, engine, images } = setUp()
    const pulled = images.ensure({ image: 'absent:1', built: false }, never)
    const built = images.ensure({ image: 'absent:1', built: true }, never).catch((error: unknown) => error)
    await clock.pass(20_000)
    await pulled
    expect(String(await built)).toMatch(/gantry apply builds it again/)
    expect(engine.pulls).toHaveLength(1)
  })

  test('who is aborted already asks for nothing', async () => {
    const { engine, images } = setUp()
    await expect(images.ensure({ image: 'web:1', built: false }, AbortSignal.abort())).rejects.toThrow()
    expect(engine.looks).toEqual([])
  })
})
