// Finding, starting and stopping the nats-server of a one-node cluster, and what is said when that cannot be.
import { once } from 'node:events'
import { connect as connectTcp, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { natsHostName, subjects } from '../../model/index.ts'
import { createAuthority, createUserKeys, fingerprintOf, issueCertificate } from '../keys/index.ts'
import { freePort, readProcess, waitFor } from '../host/index.ts'
import { recordLines } from '../../../test/support/nats.ts'
import {
  connectNats,
  createTrust,
  natsServerVersion,
  renewCertificate,
  startNatsServer,
  stopNatsServer,
  userJwt,
} from './index.ts'
import type { NatsServerOptions } from './index.ts'
import { natsServerConfig } from './server-config.ts'

let folder: string
let port: number
let options: NatsServerOptions
const authority = createAuthority(Date.now())
const { certificate: ca } = authority.ca

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-nats-server-'))
  port = await freePort()
  options = {
    folder: join(folder, 'nats'),
    name: 'one',
    listen: `127.0.0.1:${port}`,
    trust: await createTrust(authority),
    tls: { ...issueCertificate(authority.ca, [], Date.now()), ca },
  }
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
  test('starts once, finds it running, starts anew with another configuration, and stops', async () => {
    const first = await startNatsServer(options)
    expect(first).toMatchObject({ url: `tls://127.0.0.1:${port}`, isNew: true })
    expect(await startNatsServer(options)).toEqual({ ...first, isNew: false })
    const second = await startNatsServer({ ...options, storeLimitBytes: 1024 ** 3 })
    expect(second.isNew).toBe(true)
    expect(second.pid).not.toBe(first.pid)
    for (const name of ['nats.conf', 'nats.pid', 'store'])
      expect((await stat(join(options.folder, name))).mode & 0o077).toBe(0)
    expect(await stopNatsServer(options.folder)).toBe('stopped')
    expect(await stopNatsServer(options.folder)).toBe('gone')
    expect((await readdir(options.folder)).sort()).toEqual([
      ...['accounts', 'ca.pem', 'nats.conf', 'nats.log', 'store', 'tls.key', 'tls.pem'],
    ])
    expect((await stat(join(options.folder, 'tls.key'))).mode & 0o077).toBe(0)
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
    expect(listening).toEqual([`0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`])
  })

  test('a port that is taken is a fault that names who has it, and nothing is left', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    try {
      await expect(startNatsServer(options)).rejects.toThrow(
        new RegExp(`port ${port} on 127.0.0.1 is taken: .*\\(process ${process.pid}\\) listens there`),
      )
      expect(await readdir(folder)).not.toContain('nats')
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  test('one that cannot start is a fault with what it said, and is not left running', async () => {
    const trust = { ...options.trust, operatorJwt: 'nobody' }
    await expect(startNatsServer({ ...options, trust })).rejects.toThrow(
      /nats-server ended at once: .*error parsing operator JWT/,
    )
    expect(await readProcess(join(options.folder, 'nats.pid'))).toEqual({ state: 'gone' })
  })
})

test('a path with quotes and backslashes stays one text in the configuration; a line break is a bug', () => {
  const config = {
    name: 'one',
    listen: '127.0.0.1:1',
    trust: { operatorJwt: '', systemAccount: '', accountsFolder: '/a' },
    tls: { certificateFile: '/a', keyFile: '/a', caFile: '/a' },
    cluster: null,
    storeLimitBytes: 1,
    canSyncAlways: true,
  }
  expect(natsServerConfig({ ...config, storeFolder: '/a "b"\\c' })).toContain('store_dir: "/a \\"b\\"\\\\c"')
  expect(natsServerConfig({ ...config, storeFolder: '/a' })).toContain('sync_interval: always')
  expect(() => natsServerConfig({ ...config, storeFolder: '/a\n}' })).toThrow('in the configuration of NATS')
})

// nats-server 2.9 closes its clients' connections whenever it reads its configuration again; they are back at once.
test('a certificate is exchanged while the server runs, and its clients are back by themselves', async () => {
  await startNatsServer(options)
  const { publicKey, seed } = await createUserKeys(join(folder, 'server.nk'))
  const jwt = await userJwt(authority, { role: 'server' }, publicKey, null)
  const nats = await connectNats({
    servers: [options.listen],
    credentials: { seed, jwt, ca },
    identity: { role: 'server' },
    name: 'test',
    logger: recordLines(),
    signal: new AbortController().signal,
    firstWithinMs: 5000,
  })
  nats.bus.serve(subjects.node('n1', 'assign'), async ({ data }) => data)
  const before = await shownBy(port)
  expect(await renewCertificate(options)).toBe(false)
  const tls = { ...issueCertificate(authority.ca, [], Date.now()), ca }
  expect(await renewCertificate({ ...options, tls })).toBe(true)
  await waitFor(async () => (await shownBy(port)) !== before, {
    timeoutMs: 5000,
    what: 'the new certificate',
  })
  expect(await shownBy(port)).toBe(fingerprintOf(tls.certificate))
  const echo = () =>
    nats.bus.request(subjects.node('n1', 'assign'), Buffer.from('still here'), { timeoutMs: 1000 })
  await waitFor(() => echo().catch(() => null), { timeoutMs: 5000, what: 'an answer' })
  expect((await readProcess(join(options.folder, 'nats.pid'))).state).toBe('running')
  await nats.close()
})

/** Fingerprint of the certificate that new connections are shown. */
async function shownBy(port: number): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1')
  await once(socket, 'data') // NATS speaks first, in the clear
  const secured = connectTls({ socket, ca, servername: natsHostName })
  await once(secured, 'secureConnect')
  const { raw } = secured.getPeerCertificate()
  secured.destroy()
  return fingerprintOf(raw)
}
