// Finding, starting and stopping the nats-server of a one-node cluster, and what is said when that cannot be.
import { createServer } from 'node:net'
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createUserKeys } from '../keys/index.ts'
import { freePort, readProcess } from '../host/index.ts'
import { natsServerVersion, startNatsServer, stopNatsServer } from './index.ts'
import type { NatsServerOptions, NatsUser } from './index.ts'
import { natsServerConfig } from './server-config.ts'

let folder: string
let options: NatsServerOptions

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-nats-server-'))
  const { publicKey } = await createUserKeys(join(folder, 'server.nk'))
  const users: NatsUser[] = [{ publicKey, identity: { role: 'server' } }]
  options = { folder: join(folder, 'nats'), port: await freePort(), users }
})
afterEach(async () => {
  await stopNatsServer(options.folder)
  await rm(folder, { recursive: true })
})

describe('the program', () => {
  async function program(script: string): Promise<string> {
    const path = join(folder, 'nats-server')
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
    return path
  }

  test('of the host is found and new enough', async () => {
    const { path, version } = await natsServerVersion()
    expect(path).toMatch(/\/nats-server$/)
    expect(version).toMatch(/^2\.\d+\.\d+$/)
  })

  test.each([
    ['2.9.0', false],
    ['2.9.10', false],
    ['2.10.1', true],
    ['2.12.4-RC.1', true],
    ['3.0.0', true],
  ])('of version %s is fit; syncs always: %s', async (version, canSyncAlways) => {
    const path = await program(`echo "nats-server: v${version}"`)
    expect(await natsServerVersion(path)).toMatchObject({ canSyncAlways })
  })

  test('that is too old, absent, not runnable or something else is a fault with the remedy', async () => {
    const old = await program('echo "nats-server: v2.8.4"')
    await expect(natsServerVersion(old)).rejects.toThrow(
      `nats-server 2.8.4 (${old}) is too old: gantry needs 2.9 or newer; apt-get install nats-server`,
    )
    await expect(natsServerVersion('/no/such/nats-server')).rejects.toThrow(
      /\/no\/such\/nats-server cannot be run: .*; apt-get install nats-server/,
    )
    await expect(natsServerVersion(await program('exit 1'))).rejects.toThrow('cannot be run')
    await expect(natsServerVersion(await program('echo hello'))).rejects.toThrow(
      'does not say which version it is: it says "hello"',
    )
  })
})

describe('start', () => {
  test('starts once, finds it running, starts anew with other users, and stops', async () => {
    const first = await startNatsServer(options)
    expect(first).toMatchObject({ url: `nats://127.0.0.1:${options.port}`, isNew: true })
    expect(await startNatsServer(options)).toEqual({ ...first, isNew: false })
    const { publicKey } = await createUserKeys(join(folder, 'n1.nk'))
    const more: NatsUser[] = [...options.users, { publicKey, identity: { role: 'node', id: 'n1' } }]
    const second = await startNatsServer({ ...options, users: more })
    expect(second.isNew).toBe(true)
    expect(second.pid).not.toBe(first.pid)
    for (const name of ['nats.conf', 'nats.pid', 'store'])
      expect((await stat(join(options.folder, name))).mode & 0o077).toBe(0)
    expect(await stopNatsServer(options.folder)).toBe('stopped')
    expect(await stopNatsServer(options.folder)).toBe('gone')
    expect((await readdir(options.folder)).sort()).toEqual(['nats.conf', 'nats.log', 'store'])
  })

  test('listens on the loopback address only, and on no other port', async () => {
    const { pid } = await startNatsServer(options)
    const sockets = new Set<string>()
    const { readlink } = await import('node:fs/promises')
    for (const fd of await readdir(`/proc/${pid}/fd`))
      sockets.add(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))
    const listening: string[] = []
    for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
      for (const line of (await readFile(table, 'utf8')).split('\n').slice(1)) {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
        if (state === '0A' && sockets.has(`socket:[${inode}]`)) listening.push(local)
      }
    expect(listening).toEqual([`0100007F:${options.port.toString(16).toUpperCase().padStart(4, '0')}`])
  })

  test('a port that is taken is a fault that names who has it, and nothing is left', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve))
    try {
      await expect(startNatsServer(options)).rejects.toThrow(
        new RegExp(
          `port ${options.port} on 127.0.0.1 is taken: .*\\(process ${process.pid}\\) listens there`,
        ),
      )
      expect(await readdir(folder)).not.toContain('nats')
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  test('one that cannot start is a fault with what it said, and is not left running', async () => {
    const users: NatsUser[] = [{ publicKey: 'UNOTAKEY', identity: { role: 'server' } }]
    await expect(startNatsServer({ ...options, users })).rejects.toThrow(
      /nats-server ended at once: .*Not a valid public nkey/,
    )
    expect(await readProcess(join(options.folder, 'nats.pid'))).toEqual({ state: 'gone' })
  })
})

test('a path with quotes and backslashes stays one text in the configuration; a line break is a bug', () => {
  const config = { port: 1, storeLimitBytes: 1, users: [], canSyncAlways: true }
  expect(natsServerConfig({ ...config, storeFolder: '/a "b"\\c' })).toContain('store_dir: "/a \\"b\\"\\\\c"')
  expect(natsServerConfig({ ...config, storeFolder: '/a' })).toContain('sync_interval: always')
  expect(() => natsServerConfig({ ...config, storeFolder: '/a\n}' })).toThrow('in the configuration of NATS')
  const stranger: NatsUser = { publicKey: 'U', identity: { role: 'node', id: 'n1.>' } }
  expect(() => natsServerConfig({ ...config, storeFolder: '/a', users: [stranger] })).toThrow(
    'part of a subject',
  )
})
