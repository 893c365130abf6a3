// What a container may be told of the kernel and the engine, seen from outside: on a real daemon, and from within it.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { callEngine, importBusybox, startDockerd } from '../../../test/support/dockerd.ts'
import type { Dockerd } from '../../../test/support/dockerd.ts'
import { labels } from '../../agent/index.ts'
import type { ContainerOptions, ContainerRequest, Runtime } from '../../agent/index.ts'
import { connectDocker } from './index.ts'

const image = 'busybox:test'
const network = 'gantry.c1.shop'
const quiet = () => undefined
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }

let daemon: Dockerd
let runtime: Runtime
let serial = 0

beforeAll(async () => {
  daemon = await startDockerd('options')
  await importBusybox(daemon.socket, image)
  runtime = connectDocker({ socketPath: daemon.socket, logger, limits: {} })
  await runtime.ensureNetwork(network, { [labels.cluster]: 'c1', [labels.stack]: 'shop' })
}, 60_000)
afterAll(async () => (daemon as Dockerd | undefined)?.stop(), 60_000)

const made: string[] = []
afterEach(async () => {
  for (const id of made.splice(0)) await runtime.remove(id)
})

async function create(
  script: string,
  options: ContainerOptions,
  more: Partial<ContainerRequest> = {},
): Promise<string> {
  serial += 1
  const name = `shop.web.1.o${serial}`
  const id = await runtime.create({
    name,
    hostname: 'web-1',
    image,
    command: ['/bin/sh', '-c', script],
    env: {},
    labels: { [labels.cluster]: 'c1', [labels.node]: 'n1', [labels.task]: name, [labels.attempt]: '0' },
    network,
    aliases: [],
    mounts: [],
    memory: 0,
    cpuReserve: 0,
    readOnlyRoot: false,
    options,
    ...more,
  })
  made.push(id)
  return id
}

/** Runs a script to its end; what it said, its exit code, and what the engine says of it. */
async function run(script: string, options: ContainerOptions, more: Partial<ContainerRequest> = {}) {
  const id = await create(script, options, more)
  await runtime.start(id)
  await expect.poll(async () => (await runtime.inspect(id)).state, { timeout: 10_000 }).toBe('exited')
  const inspected = await callEngine(daemon.socket, 'GET', `/containers/${id}/json`)
  return { id, inspected, exitCode: (await runtime.inspect(id)).exitCode, read: () => logOf(id) }
}

async function logOf(id: string): Promise<string[]> {
  const lines: string[] = []
  const signal = new AbortController().signal
  for await (const batch of runtime.logs(id, { follow: false, tail: null, signal }))
    for (const { text } of batch) lines.push(text)
  return lines
}

const mebibyte = 1024 ** 2

describe('a container', () => {
  test('has the further groups of its user', async () => {
    const { read } = await run('id -G', { groups: ['44', '2000'] }, { user: '1000:1000' })
    expect(await read()).toEqual(['1000 44 2000'])
  })

  test('has a limit of processes, and cannot pass it', async () => {
    const { inspected, read } = await run('for i in 1 2 3 4 5 6 7 8 9; do sleep 3 & done; echo all', {
      pids: 4,
    })
    expect(inspected).toMatchObject({ HostConfig: { PidsLimit: 4 } })
    expect((await read()).join('\n')).toMatch(/fork/)
  })

  test('has shared memory of the size that was asked for', async () => {
    const { read } = await run('df -k /dev/shm | tail -1', { shm: 3 * mebibyte })
    expect((await read()).join()).toMatch(/\b3072\b/)
  })

  test('has the limits of the kernel by their names, unlimited among them', async () => {
    const { inspected, read } = await run('ulimit -n; ulimit -Hn; ulimit -c', {
      ulimits: { nofile: { soft: 111, hard: 222 }, core: { soft: -1, hard: -1 } },
    })
    expect(await read()).toEqual(['111', '222', 'unlimited'])
    expect(inspected).toMatchObject({
      HostConfig: {
        Ulimits: expect.arrayContaining([{ Name: 'nofile', Soft: 111, Hard: 222 }]) as unknown,
      },
    })
  })

  test('has devices of its host under another path, with their access', async () => {
    const { exitCode, inspected } = await run('test -c /dev/nothing && head -c 1 /dev/nothing', {
      devices: [{ host: '/dev/zero', container: '/dev/nothing', access: 'r' }],
    })
    expect(exitCode).toBe(0)
    expect(inspected).toMatchObject({
      HostConfig: {
        Devices: [{ PathOnHost: '/dev/zero', PathInContainer: '/dev/nothing', CgroupPermissions: 'r' }],
      },
    })
  })

  test('has the capabilities that it was given and none that was taken', async () => {
    const bits = async (options: ContainerOptions) => {
      const { read } = await run('grep CapEff /proc/self/status', options)
      return BigInt(`0x${(await read())[0]?.split(/\s+/)[1] ?? '0'}`)
    }
    const [chown, netAdmin] = [1n, 1n << 12n]
    const plain = await bits({})
    expect(plain & chown).toBe(chown)
    expect(plain & netAdmin).toBe(0n)
    expect(await bits({ capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } })).toBe(netAdmin)
  })

  test('is privileged only when that is asked for', async () => {
    // It is made and not started: not every host may start one.
    const isPrivileged = async (options: ContainerOptions) =>
      callEngine(daemon.socket, 'GET', `/containers/${await create('true', options)}/json`)
    expect(await isPrivileged({})).toMatchObject({ HostConfig: { Privileged: false } })
    expect(await isPrivileged({ privileged: true })).toMatchObject({ HostConfig: { Privileged: true } })
  })

  test('has settings of the kernel for its own namespaces', async () => {
    const { read } = await run('cat /proc/sys/net/ipv4/ip_unprivileged_port_start', {
      sysctls: { 'net.ipv4.ip_unprivileged_port_start': '42' },
    })
    expect(await read()).toEqual(['42'])
  })

  test('has the seccomp profile that was asked for, or none', async () => {
    const profile = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
    })
    const { exitCode, read } = await run('mkdir /x', { seccomp: profile })
    expect(exitCode).not.toBe(0)
    expect((await read()).join()).toMatch(/not permitted/)
    const mode = async (options: ContainerOptions) =>
      (await (await run('grep Seccomp: /proc/self/status', options)).read())[0]?.split(/\s+/)[1]
    expect(await mode({ seccomp: 'unconfined' })).toBe('0')
  })

  test('is under the apparmor profile that was asked for', async () => {
    const { inspected } = await run('true', { apparmor: 'unconfined' })
    expect(inspected).toMatchObject({ HostConfig: { SecurityOpt: ['apparmor=unconfined'] } })
  })

  test('runs under the OCI runtime of that name, and one that the engine does not know is refused', async () => {
    expect((await run('true', { runtime: 'runc' })).inspected).toMatchObject({
      HostConfig: { Runtime: 'runc' },
    })
    await expect(run('true', { runtime: 'nobodys' })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/nobodys/) as unknown,
    })
  })

  test('has a small init as its first process only when that is asked for', async () => {
    const { inspected } = await run('true', { init: false })
    expect(inspected).toMatchObject({ HostConfig: { Init: false } })
  })

  test('is limited in memory by its limit, and what it reserves is its soft limit', async () => {
    const { inspected } = await run('true', { memoryLimit: 64 * mebibyte }, { memory: 16 * mebibyte })
    expect(inspected).toMatchObject({
      HostConfig: {
        Memory: 64 * mebibyte,
        MemorySwap: 64 * mebibyte,
        MemoryReservation: 16 * mebibyte,
      },
    })
  })

  test('has memory of its own size where that is mounted, for any user, and it is gone with it', async () => {
    const size = 2 * mebibyte
    const mounts = [{ kind: 'memory' as const, size, target: '/cache', readOnly: false }]
    const script =
      'df -k /cache | tail -1; touch /cache/x && ls /cache; dd if=/dev/zero of=/cache/y bs=1M count=3'
    const { read, exitCode } = await run(script, {}, { mounts, user: '1000' })
    expect((await read()).join()).toMatch(/tmpfs +2048 .*x/)
    expect(exitCode).not.toBe(0)
    expect(await (await run('ls /cache', {}, { mounts })).read()).toEqual([])
  })

  test('writes its log where it was told to; of a driver that cannot be read the log says so', async () => {
    const local = await run('echo kept', { logging: { driver: 'local', options: { 'max-size': '1m' } } })
    expect(local.inspected).toMatchObject({
      HostConfig: { LogConfig: { Type: 'local', Config: { 'max-size': '1m' } } },
    })
    expect(await local.read()).toEqual(['kept'])
    const ours = await run('echo kept', { logging: { driver: 'json-file', options: { 'max-file': '7' } } })
    expect(ours.inspected).toMatchObject({
      HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '7' } } },
    })
    const none = await run('echo gone', { logging: { driver: 'none', options: {} } })
    await expect(none.read()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/logging driver/) as unknown,
    })
  })
})
