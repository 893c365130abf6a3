import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callEngine, startDockerd } from '../../test/support/dockerd.ts'
import type { Dockerd } from '../../test/support/dockerd.ts'
import { ensureImage } from '../adapters/docker/index.ts'
import { compile } from '../compiler/testing.ts'
import { imagesToBuild } from './images.ts'

const stack = `import { build, cron, every, job, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  const migrate = job('migrate', { image: build('./hook') })
  service('api', {
    image: build('./main'),
    initContainers: { prepare: { image: build('./init') } },
    sidecars: { relay: { image: build('./sidecar') }, metrics: { image: 'ops/metrics:1' } },
    rollout: { before: migrate },
  })
  job('seed', { image: build('./main') })
  job('clean', { image: build('./per-node'), perNode: true })
  cron('report', {
    image: build('./cron', { args: { MODE: 'report' } }),
    schedule: every\`day at 02:30\`,
    sidecars: { relay: { image: build('./cron-sidecar') } },
  })
})
`
const folders = ['cron-sidecar', 'cron', 'hook', 'init', 'main', 'per-node', 'sidecar']

let folder: string
let daemon: Dockerd
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-images-'))
  for (const each of folders) {
    mkdirSync(join(folder, each))
    writeFileSync(
      join(folder, each, 'Dockerfile'),
      'FROM scratch\nARG MODE=none\nCOPY file /\nLABEL mode=$MODE\n',
    )
    writeFileSync(join(folder, each, 'file'), each)
  }
  writeFileSync(join(folder, 'shop.stack.ts'), stack)
  daemon = await startDockerd('images')
}, 60_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  // What the start itself has cleared up when it failed is not there to be stopped.
  await (daemon as Dockerd | undefined)?.stop()
}, 60_000)

test('every container that a stack builds has its image, whatever it belongs to, and each is built once', async () => {
  const file = join(folder, 'shop.stack.ts')
  const requests = imagesToBuild(await compile(file), file)
  expect(requests.map(({ contextFolder }) => contextFolder)).toEqual(
    folders.map((each) => join(folder, each)),
  )
  expect(requests.find(({ tag }) => tag.startsWith('gantry/shop-cron:'))?.args).toEqual({ MODE: 'report' })
  for (const request of requests)
    await ensureImage({ ...request, socketPath: daemon.socket, signal: new AbortController().signal })
  const images = (await callEngine(daemon.socket, 'GET', '/images/json')) as { RepoTags: string[] }[]
  expect(images.flatMap((each) => each.RepoTags).sort()).toEqual(requests.map(({ tag }) => tag).sort())
}, 120_000)
