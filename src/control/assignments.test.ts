import { describe, expect, test } from 'vitest'
import { documentOf, imageOf, jobOf, nodeOf, serviceOf, templateOf, volumeOf } from '../model/testing.ts'
import { assignmentsFor } from './assignments.ts'
import { setSecret } from './secrets.ts'
import { secretsUsed } from './task.ts'
import { Toy } from './testing.ts'

const api = (tag: string) =>
  documentOf({
    services: {
      api: serviceOf({
        template: imageOf(tag, {
          env: {
            DB: {
              text: [
                'postgres://app:',
                { secret: 'password' },
                '@',
                { endpoint: { service: 'db', port: 'pg', container: 5432 } },
              ],
            },
            TOKEN_FILE: { secretFile: 'token' },
          },
          secretFiles: ['cert'],
        }),
      }),
      db: serviceOf({ template: templateOf({ ports: { pg: { container: 5432, protocol: 'tcp' } } }) }),
    },
    jobs: {
      seed: jobOf({
        template: templateOf({
          image: { build: { context: './seed', dockerfile: 'Dockerfile', args: {}, digest: 'a'.repeat(64) } },
          secretFiles: ['token'],
        }),
      }),
    },
    secrets: { password: { generateBytes: 24 }, token: { generateBytes: 24 }, cert: { generateBytes: 24 } },
  })

function running(): Toy {
  const toy = new Toy(nodeOf('n1'), nodeOf('n2', { status: 'lost' }))
  expect(toy.apply(api('1'))).toMatchObject({ ok: true })
  return toy
}
const of = (toy: Toy, name: string) => assignmentsFor(toy.state, 'n1').find((each) => each.name === name)

describe('a node is told', () => {
  test('all that its agent needs, and the names of the secrets only', () => {
    const toy = running()
    expect(of(toy, 'api')).toMatchObject({
      task: toy.task().id,
      kind: 'service',
      stack: 'shop',
      slot: 1,
      revision: 1,
      desired: 'run',
      image: 'shop/api:1',
      built: false,
      secretAddresses: ['shop/secret:cert', 'shop/secret:password', 'shop/secret:token'],
    })
    expect(of(toy, 'seed')).toMatchObject({
      kind: 'job',
      built: true,
      image: 'gantry/shop-seed:aaaaaaaaaaaa',
    })
    expect(JSON.stringify(assignmentsFor(toy.state, 'n1'))).not.toContain('ciphertext')
  })

  test('of its own tasks only', () => {
    const toy = running()
    expect(
      assignmentsFor(toy.state, 'n1')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['api', 'db', 'seed'])
    expect(assignmentsFor(toy.state, 'n2')).toEqual([])
    const { id } = toy.task()
    expect(assignmentsFor(toy.state, 'n1', new Set([id, 'other'])).map(({ task }) => task)).toEqual([id])
  })

  test('each task in its own revision', () => {
    const toy = running()
    toy.pass(60_000)
    toy.apply(api('2'))
    const images = assignmentsFor(toy.state, 'n1').filter(({ name }) => name === 'api')
    expect(images.map(({ revision, image }) => [revision, image]).sort()).toEqual([
      [1, 'shop/api:1'],
      [2, 'shop/api:2'],
    ])
  })

  test('no secrets of what stops or has ended', () => {
    const toy = running()
    toy.work()
    expect(of(toy, 'seed')).toMatchObject({ over: true, secretAddresses: [] })
    expect(of(toy, 'api')).not.toHaveProperty('over')
    toy.destroy()
    expect(of(toy, 'api')).toMatchObject({ desired: 'stop', secretAddresses: [] })
  })
})

test('the secrets of a template are named once, in order', () =>
  expect(
    secretsUsed(
      'shop',
      templateOf({
        secretFiles: ['b', 'a'],
        env: { X: { text: ['-', { secret: 'a' }] }, Y: { secretFile: 'c' }, Z: { text: ['plain'] } },
      }),
    ),
  ).toEqual(['shop/secret:a', 'shop/secret:b', 'shop/secret:c']))

describe('a secret that is set', () => {
  const set = (toy: Toy, name = 'token') => {
    const decided = setSecret(
      toy.state,
      { stack: 'shop', name, value: { dataKey: 'k2', ciphertext: 'c2' }, by: 'eve' },
      toy.now,
    )
    toy.round(() => ({ cause: { by: 'eve', what: 'set' }, changes: decided.changes }))
    return decided.version
  }

  test('gets a new version, and nothing restarts', () => {
    const toy = running()
    toy.pass(60_000)
    const tasks = new Map(toy.state.tasks)
    expect(set(toy)).toBe(2)
    expect(toy.state.secrets.get('shop/secret:token')?.versions).toMatchObject([
      { version: 1, createdBy: 'admin' },
      { version: 2, createdBy: 'eve', value: { ciphertext: 'c2' } },
    ])
    toy.pass(60_000)
    expect(toy.state.tasks).toEqual(tasks)
  })

  test('keeps its last ten versions, and never gives a number twice', () => {
    const toy = running()
    for (let version = 2; version <= 30; version += 1) expect(set(toy)).toBe(version)
    expect(toy.state.secrets.get('shop/secret:token')?.versions.map(({ version }) => version)).toEqual(
      Array.from({ length: 10 }, (_, index) => 21 + index),
    )
  })

  test('may be set before its stack is there', () => {
    const toy = new Toy(nodeOf('n1'))
    expect(set(toy, 'password')).toBe(1)
    expect(toy.state.secrets.get('shop/secret:password')).toMatchObject({ declared: false })
    expect(toy.apply(api('1'))).toMatchObject({ ok: true })
    expect(toy.state.secrets.get('shop/secret:password')).toMatchObject({
      declared: true,
      versions: [{ createdBy: 'eve' }],
    })
  })
})

test('what is memory is told apart, and pins no task to a node', () => {
  const toy = new Toy(nodeOf('n1'), nodeOf('n2'))
  const mounts = {
    '/cache': { volume: 'cache', readOnly: false },
    '/data': { volume: 'data', readOnly: false },
  }
  const document = (size: number, driver: 'tmpfs' | 'local' = 'tmpfs') =>
    documentOf({
      services: { api: serviceOf({ template: templateOf({ mounts }) }) },
      volumes: {
        cache: volumeOf({ access: 'shared', size, driver: { kind: driver } }),
        data: volumeOf({ access: 'shared' }),
      },
    })
  toy.apply(document(4096))
  toy.pass(60_000)
  const { node } = toy.task()
  expect(assignmentsFor(toy.state, node ?? '')).toMatchObject([{ memoryVolumes: { cache: 4096 } }])
  expect(toy.state.volumes.get('shop/volume:cache')?.node).toBeNull()
  expect(toy.state.volumes.get('shop/volume:data')?.node).toBe(node)
  expect(toy.apply(document(4096, 'local'))).toMatchObject({
    ok: false,
    what: 'shop/volume:cache is of the driver tmpfs and cannot become local',
  })
})
