// What the engine keeps on its disk, on a real daemon: images go only when no container uses them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callEngine, importBusybox, startDockerd } from '../../../test/support/dockerd.ts'
import type { Dockerd } from '../../../test/support/dockerd.ts'
import { connectDocker } from './connect.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
let daemon: Dockerd

beforeAll(async () => {
  daemon = await startDockerd('shelf')
}, 60_000)
afterAll(async () => (daemon as Dockerd | undefined)?.stop(), 60_000)

const connected = () => connectDocker({ socketPath: daemon.socket, logger: quiet })

test('an image that a container uses stays, and goes once that is gone', async () => {
  const image = 'gantry-shelf-test:1'
  await importBusybox(daemon.socket, image)
  const made = await callEngine(daemon.socket, 'POST', '/containers/create', { Image: image, Cmd: ['true'] })
  const { Id } = made as { Id: string } // the engine's own answer
  const client = connected()
  await expect(client.removeImage(image)).rejects.toMatchObject({ kind: 'refused' })
  expect(await client.hasImage(image)).toBe(true)
  await client.remove(Id)
  await client.removeImage(image)
  expect(await client.hasImage(image)).toBe(false)
  await expect(client.removeImage(image)).rejects.toMatchObject({ kind: 'image' })
  await expect(client.removeImage('../containers')).rejects.toMatchObject({ kind: 'image' })
})

test('the disk of the engine and the kernel of its host are known', async () => {
  const client = connected()
  const disk = await client.disk()
  expect(disk?.size).toBeGreaterThan(2 ** 20)
  expect(disk?.free).toBeLessThanOrEqual(disk?.size ?? 0)
  expect(await client.info()).toMatchObject({ kernel: expect.stringMatching(/^\d+\./) as string, gpus: [] })
})
