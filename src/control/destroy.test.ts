import { describe, expect, test } from 'vitest'
import {
  after,
  documentOf,
  jobOf,
  nodeOf,
  rolloutOf,
  serviceOf,
  templateOf,
  volumeOf,
} from '../model/testing.ts'
import { destroyStack } from './destroy.ts'
import { Toy } from './testing.ts'

const document = documentOf({
  services: {
    db: serviceOf({
      template: templateOf({
        mounts: { '/data': { volume: 'data', readOnly: false } },
        secretFiles: ['token'],
      }),
      rollout: rolloutOf({ order: 'stop-first' }),
    }),
    api: serviceOf({ replicas: 2, dependsOn: [after('db')] }),
  },
  jobs: {
    seed: jobOf({ template: templateOf({ mounts: { '/data': { volume: 'data', readOnly: false } } }) }),
  },
  volumes: { data: volumeOf({ access: 'shared' }), cache: volumeOf() },
  secrets: { token: { generateBytes: 24 } },
})

function settled(): Toy {
  const toy = new Toy(nodeOf('n1'))
  expect(toy.apply(document)).toMatchObject({ ok: true })
  toy.pass(60_000)
  return toy
}

describe('destroying a stack', () => {
  test('stops everything, and the row of the stack goes last', () => {
    const toy = settled()
    expect(toy.destroy()).toMatchObject({ ok: true, version: 2 })
    expect(toy.state.stacks.get('shop')).toMatchObject({ removing: true, version: 2 })
    for (const task of toy.state.tasks.values())
      expect(task.desired === 'stop' || task.status.phase === 'complete').toBe(true)
    let wasThereWith = 0
    toy.onRound = () => {
      const left = toy.state.services.size + toy.state.jobs.size + toy.state.tasks.size
      if (left > 0) expect(toy.state.stacks.has('shop')).toBe(true)
      wasThereWith += left
    }
    toy.pass(60_000)
    expect(wasThereWith).toBeGreaterThan(0)
    expect(toy.state.stacks.size + toy.state.services.size + toy.state.jobs.size + toy.state.tasks.size).toBe(
      0,
    )
    expect(toy.unrest()).toEqual([])
  })

  test('of nothing takes one round', () => {
    const toy = new Toy(nodeOf('n1'))
    toy.apply(documentOf())
    toy.destroy()
    expect(toy.state.stacks.size).toBe(0)
    expect(toy.state.pasts.get('shop')).toMatchObject({ version: 2, plans: ['plan-0001'] })
  })

  test('keeps data and its passwords, and gives them back', () => {
    const toy = settled()
    const { node } = toy.task('shop/db')
    const versions = toy.state.secrets.get('shop/secret:token')?.versions
    toy.destroy()
    toy.pass(60_000)
    expect(toy.state.volumes.get('shop/volume:data')).toMatchObject({
      declared: false,
      deleting: false,
      node,
    })
    expect(toy.state.secrets.get('shop/secret:token')).toMatchObject({ declared: false, versions })
    toy.apply(document)
    toy.pass(60_000)
    expect(toy.task('shop/db').node).toBe(node)
    expect(toy.state.secrets.get('shop/secret:token')).toMatchObject({ declared: true, versions })
  })

  test('deletes the volumes that are named, after the last task that used them is gone', () => {
    const toy = settled()
    toy.destroy('shop', ['data'])
    const isDataThere = () => toy.state.volumes.has('shop/volume:data')
    toy.onRound = () => {
      if (toy.tasks('shop/db').length + toy.tasks('shop/seed').length > 0) expect(isDataThere()).toBe(true)
      if (isDataThere()) expect(toy.state.stacks.has('shop')).toBe(true)
    }
    toy.pass(60_000)
    expect(isDataThere()).toBe(false)
    expect(toy.state.volumes.has('shop/volume:cache')).toBe(true)
    expect(toy.state.stacks.size).toBe(0)
  })

  test('of one that is gone deletes the data it left, when it is named, and then its secrets', () => {
    const toy = settled()
    toy.destroy()
    toy.pass(60_000)
    expect(toy.destroy()).toMatchObject({
      ok: false,
      what: 'the stack shop is gone already, and left its data',
      fix: expect.stringContaining('data') as string,
    })
    expect(toy.destroy('shop', ['nothing'])).toMatchObject({ ok: false, what: 'shop left no volume nothing' })
    expect(toy.destroy('shop', ['data', 'cache'])).toMatchObject({ ok: true })
    toy.pass(60_000)
    expect(toy.state.volumes.size + toy.state.secrets.size).toBe(0)
    expect(toy.destroy()).toMatchObject({ ok: false, what: 'there is no stack shop' })
  })

  test('takes the secrets along when no data is left', () => {
    const toy = settled()
    toy.destroy('shop', ['data'])
    expect(toy.state.secrets.size).toBe(0)
  })

  test('waits for a node that is lost to say that its tasks are gone', () => {
    const toy = settled()
    toy.setNode('n1', 'lost')
    toy.destroy()
    toy.pass(60_000)
    expect(toy.state.stacks.has('shop')).toBe(true)
    toy.setNode('n1', 'ready')
    toy.pass(60_000)
    expect(toy.state.stacks.size).toBe(0)
  })

  test.each([
    [
      'a stack that is not there',
      () => settled().destroy('other'),
      { exit: 1, what: 'there is no stack other' },
    ],
    [
      'a volume that is not there',
      () => settled().destroy('shop', ['nothing']),
      { exit: 1, what: 'shop has no volume nothing' },
    ],
  ])('refuses %s', (_, act, expected) => expect(act()).toMatchObject({ ok: false, ...expected }))

  test('refuses to work from an old version', () => {
    const toy = settled()
    toy.apply(document)
    const wish = { stack: 'shop', baseVersion: 1, deleteVolumes: [], by: 'admin' }
    expect(destroyStack(toy.state, wish)).toMatchObject({ ok: false, exit: 4 })
    expect(destroyStack(toy.state, { ...wish, baseVersion: 2 })).toMatchObject({ ok: true, version: 3 })
  })

  test('a second time is no mistake', () => {
    const toy = settled()
    toy.destroy()
    expect(toy.destroy('shop', ['data'])).toMatchObject({ ok: true, version: 3 })
    toy.pass(60_000)
    expect(toy.state.stacks.size).toBe(0)
    expect(toy.state.volumes.has('shop/volume:data')).toBe(false)
  })
})
