// The runtime against a real daemon, also while that is killed, stopped in its tracks and started again.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { callEngine, importBusybox, startDockerd } from '../../../test/support/dockerd.ts'
import type { Dockerd } from '../../../test/support/dockerd.ts'
import { startRegistry } from '../../../test/support/registry.ts'
import { labels } from '../../agent/index.ts'
import type { ContainerRequest, LogLine, Runtime, RuntimeEvent } from '../../agent/index.ts'
import type { Logger } from '../../model/index.ts'
import { openSecretFiles } from '../files/index.ts'
import { connectDocker } from './index.ts'
import type { DockerLimits } from './index.ts'

const image = 'busybox:test'
const cluster = 'c1'
const network = 'gantry.c1.shop'
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

let daemon: Dockerd
let runtime: Runtime
let serial = 0

const connectTo = (socketPath: string, limits: Partial<DockerLimits> = {}) =>
  connectDocker({ socketPath, logger, limits })

beforeAll(async () => {
  daemon = await startDockerd('adapter')
  await importBusybox(daemon.socket, image)
  runtime = connectTo(daemon.socket)
  await runtime.ensureNetwork(network, { [labels.cluster]: cluster, [labels.stack]: 'shop' })
}, 60_000)
// What the start itself has cleared up when it failed is not there to be stopped.
afterAll(async () => (daemon as Dockerd | undefined)?.stop(), 60_000)

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function request(script: string, more: Partial<ContainerRequest> = {}): ContainerRequest {
  serial += 1
  const name = `shop.web.1.k${serial}`
  return {
    name,
    hostname: 'web-1',
    image,
    command: ['/bin/sh', '-c', script],
    env: {},
    labels: {
      [labels.cluster]: cluster,
      [labels.node]: 'n1',
      [labels.stack]: 'shop',
      [labels.task]: name,
      [labels.attempt]: '0',
    },
    network,
    aliases: [],
    mounts: [],
    memory: 0,
    cpuReserve: 0,
    readOnlyRoot: false,
    options: {},
    ...more,
  }
}

async function create(wanted: ContainerRequest, from: Runtime = runtime): Promise<string> {
  const id = await from.create(wanted)
  cleanups.push(() => from.remove(id))
  return id
}

async function run(script: string, more: Partial<ContainerRequest> = {}): Promise<string> {
  const id = await create(request(script, more))
  await runtime.start(id)
  return id
}

async function untilExited(id: string): Promise<void> {
  await expect.poll(async () => (await runtime.inspect(id)).state, { timeout: 10_000 }).toBe('exited')
}

const failure = (kind: string, message: RegExp): unknown =>
  expect.objectContaining({ kind, message: expect.stringMatching(message) as string })

async function logOf(id: string, from: Runtime = runtime, tail: number | null = null): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const batch of from.logs(id, { follow: false, tail, signal: new AbortController().signal }))
    lines.push(...batch)
  return lines
}

describe('a container', () => {
  test('is created, runs, exits and goes, and each step is seen', async () => {
    const over = new AbortController()
    const events: RuntimeEvent[] = []
    const listening = (async () => {
      for await (const event of runtime.events(cluster, over.signal)) events.push(event)
    })()
    const wanted = request('exit 3')
    const id = await create(wanted)
    expect(await runtime.inspect(id)).toMatchObject({
      id,
      name: wanted.name,
      labels: wanted.labels,
      state: 'created',
      exitCode: null,
      startedAt: null,
      finishedAt: null,
      ip: null,
    })
    await runtime.start(id)
    await untilExited(id)
    const ended = await runtime.inspect(id)
    expect(ended).toMatchObject({ state: 'exited', exitCode: 3, oomKilled: false, ip: null })
    expect(Math.abs(Date.now() - (ended.finishedAt ?? 0))).toBeLessThan(10_000)
    expect(ended.startedAt).toBeLessThanOrEqual(ended.finishedAt ?? 0)
    expect((await runtime.list(cluster)).map((each) => each.id)).toContain(id)
    expect(await runtime.list('another')).toEqual([])
    await runtime.remove(id)
    await runtime.remove(id)
    await expect
      .poll(() => events)
      .toEqual([
        { kind: 'started', id },
        { kind: 'exited', id },
        { kind: 'removed', id },
      ])
    over.abort()
    await listening // ends without an error
    await expect(runtime.inspect(id)).rejects.toEqual(failure('gone', /no such container/))
    await expect(runtime.start(id)).rejects.toEqual(
      failure('gone', /cannot start the container [0-9a-f]{12}: there is no such/),
    )
    await expect(runtime.stop(id, 0)).rejects.toEqual(failure('gone', /no such container/))
  })

  test('has everything that was asked for', async () => {
    await runtime.ensureVolume('gantry.c1.shop.data', { [labels.cluster]: cluster })
    cleanups.push(() => runtime.removeVolume('gantry.c1.shop.data'))
    const source = join(daemon.folder, 'secrets')
    mkdirSync(source, { recursive: true })
    const id = await run(
      'id -u; hostname; echo "$A"; echo "$0"; cat /proc/self/mountinfo | grep -c " /data rw"; touch /data/x && echo kept; touch /x || echo fixed; touch /run/secrets/x || echo sealed; sleep 100',
      {
        args: ['argument'],
        env: { A: 'x=y "z"' },
        workingDir: '/tmp',
        readOnlyRoot: true,
        stopSignal: 'SIGINT',
        memory: 64 * 1024 ** 2,
        cpuReserve: 250,
        cpuLimit: 500,
        aliases: ['web', 'web.shop.internal'],
        mounts: [
          { kind: 'volume', volume: 'gantry.c1.shop.data', target: '/data', readOnly: false },
          { kind: 'bind', source, target: '/run/secrets', readOnly: true },
        ],
        user: '0',
      },
    )
    await expect
      .poll(async () => (await logOf(id)).map((line) => line.text))
      .toEqual(expect.arrayContaining(['0', 'web-1', 'x=y "z"', 'argument', '1', 'kept', 'fixed', 'sealed']))
    expect(await callEngine(daemon.socket, 'GET', `/containers/${id}/json`)).toMatchObject({
      Config: { StopSignal: 'SIGINT', WorkingDir: '/tmp', Healthcheck: { Test: ['NONE'] } },
      HostConfig: {
        Memory: 64 * 1024 ** 2,
        MemorySwap: 64 * 1024 ** 2,
        CpuShares: 256,
        NanoCpus: 500_000_000,
        ReadonlyRootfs: true,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      },
      NetworkSettings: {
        Networks: {
          [network]: { Aliases: expect.arrayContaining(['web', 'web.shop.internal']) as string[] },
        },
      },
    })
    const { ip } = await runtime.inspect(id)
    expect(ip).toMatch(/^10\./)
    const asker = await run('sleep 100')
    const { output } = await runtime.exec(
      asker,
      ['/bin/sh', '-c', 'wget -O- http://web.shop.internal:1 2>&1; true'],
      5000,
    )
    expect(output).toContain(`${ip ?? ''}:1`)
  })

  test('that is asked for twice is one, but a name that is somebody else’s is refused', async () => {
    const wanted = request('sleep 100')
    const [first, second] = await Promise.all([
      create(wanted),
      create({ ...wanted, labels: { ...wanted.labels, [labels.term]: '9' } }),
    ])
    expect(second).toBe(first)
    const others = { ...wanted.labels, [labels.task]: 'shop.other.1.k1' }
    await expect(runtime.create({ ...wanted, labels: others })).rejects.toEqual(
      failure(
        'refused',
        /^the name shop\.web\.1\.k\d+ is taken by the container [0-9a-f]{12}, which has gantry\.task=shop\.web.* and not shop\.other.*; rename or remove it$/,
      ),
    )
    const foreign = (await callEngine(daemon.socket, 'POST', '/containers/create?name=shop.foreign.1.k1', {
      Image: image,
      Cmd: ['/bin/true'],
    })) as { Id: string }
    cleanups.push(() => runtime.remove(foreign.Id))
    await expect(runtime.create(request('true', { name: 'shop.foreign.1.k1' }))).rejects.toEqual(
      failure('refused', /which gantry did not make/),
    )
  })

  test('that cannot be made or started says why in words', async () => {
    await expect(runtime.create(request('true', { image: 'nowhere:1' }))).rejects.toEqual(
      failure('image', /^cannot create the container .*: No such image: nowhere:1$/),
    )
    await expect(runtime.create(request('true', { image: '../../containers/json' }))).rejects.toEqual(
      failure('image', /is not the name of an image/),
    )
    await expect(runtime.create(request('true', { name: '../x' }))).rejects.toEqual(
      failure('refused', /Invalid container name/),
    )
    await expect(runtime.create(request('true', { memory: 1024 }))).rejects.toEqual(
      failure('refused', /Minimum memory limit/),
    )
    const noProgram = await create(request('', { command: ['/bin/nothing'] }))
    await expect(runtime.start(noProgram)).rejects.toEqual(
      failure(
        'refused',
        /^cannot start the container [0-9a-f]{12}: exec: "\/bin\/nothing": stat \/bin\/nothing: no such file or directory$/,
      ),
    )
    expect(await runtime.inspect(noProgram)).toMatchObject({ state: 'created', startedAt: null })
    const noNetwork = create(request('true', { network: 'gantry.c1.gone' })).then((id) => runtime.start(id))
    await expect(noNetwork).rejects.toEqual(failure('refused', /network gantry\.c1\.gone not found/))
    await expect(
      runtime.create(
        request('true', {
          mounts: [{ kind: 'bind', source: '/nowhere/at/all', target: '/x', readOnly: true }],
        }),
      ),
    ).rejects.toEqual(failure('refused', /bind source path does not exist/))
  })

  test('that runs out of memory is known to have', async () => {
    const id = await run('x=$(yes | head -c 100000000); echo $x', { memory: 16 * 1024 ** 2 })
    await untilExited(id)
    expect(await runtime.inspect(id)).toMatchObject({ oomKilled: true })
  })

  test('is stopped with its signal, and killed after its grace', async () => {
    const polite = await run('trap "exit 7" TERM; while :; do sleep 0.1; done')
    await runtime.stop(polite, 10_000)
    expect(await runtime.inspect(polite)).toMatchObject({ state: 'exited', exitCode: 7 })
    await runtime.stop(polite, 10_000)
    const stubborn = await run('trap "" TERM; while :; do sleep 0.1; done')
    const started = performance.now()
    await runtime.stop(stubborn, 500)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(await runtime.inspect(stubborn)).toMatchObject({ state: 'exited', exitCode: 137 })
  })

  test('that is being removed twice at once goes once, with the volumes it had no name for', async () => {
    const before = await callEngine(daemon.socket, 'GET', '/volumes')
    const { Id } = (await callEngine(daemon.socket, 'POST', '/containers/create', {
      Image: image,
      Cmd: ['/bin/sleep', '100'],
      Volumes: { '/v': {} },
    })) as { Id: string }
    await runtime.start(Id)
    await Promise.all([runtime.remove(Id), runtime.remove(Id), runtime.remove(Id)])
    await expect(runtime.inspect(Id)).rejects.toEqual(failure('gone', /no such container/))
    expect(await callEngine(daemon.socket, 'GET', '/volumes')).toEqual(before)
  })
})

describe('networks and volumes', () => {
  test('are made once, however often they are asked for, and removed once nobody uses them', async () => {
    const own = { [labels.cluster]: cluster, [labels.stack]: 'other' }
    await Promise.all(Array.from({ length: 5 }, () => runtime.ensureNetwork('gantry.c1.other', own)))
    await connectTo(daemon.socket).ensureNetwork('gantry.c1.other', own)
    const id = await create(request('true', { network: 'gantry.c1.other' }))
    const listed = async () => (await runtime.listNetworks(cluster)).find((each) => each.stack === 'other')
    expect(await listed()).toEqual({ name: 'gantry.c1.other', stack: 'other', inUse: true })
    await runtime.remove(id)
    expect(await listed()).toMatchObject({ inUse: false })
    await runtime.removeNetwork('gantry.c1.other')
    await runtime.removeNetwork('gantry.c1.other')
    expect(await listed()).toBeUndefined()
    expect(await runtime.listNetworks('another')).toEqual([])
  })

  test('that are in use are not removed, and say so', async () => {
    await runtime.ensureVolume('gantry.c1.shop.used', { [labels.cluster]: cluster })
    const id = await run('sleep 100', {
      mounts: [{ kind: 'volume', volume: 'gantry.c1.shop.used', target: '/v', readOnly: false }],
    })
    await expect(runtime.removeVolume('gantry.c1.shop.used')).rejects.toEqual(
      failure('refused', /volume is in use/),
    )
    await expect(runtime.removeNetwork(network)).rejects.toEqual(failure('refused', /has active endpoints/))
    await runtime.remove(id)
    await runtime.removeVolume('gantry.c1.shop.used')
    await runtime.removeVolume('gantry.c1.shop.used')
  })

  test('that belong to somebody else are refused', async () => {
    await callEngine(daemon.socket, 'POST', '/volumes/create', { Name: 'mine' })
    await callEngine(daemon.socket, 'POST', '/networks/create', {
      Name: 'theirs',
      Labels: { [labels.cluster]: 'c2' },
    })
    cleanups.push(
      () => runtime.removeVolume('mine'),
      () => runtime.removeNetwork('theirs'),
    )
    await expect(runtime.ensureVolume('mine', { [labels.cluster]: cluster })).rejects.toEqual(
      failure(
        'refused',
        /^the volume mine is there already and was not made by gantry; rename or remove it$/,
      ),
    )
    await expect(runtime.ensureNetwork('theirs', { [labels.cluster]: cluster })).rejects.toEqual(
      failure('refused', /^the network theirs is there already and belongs to the cluster c2/),
    )
  })
})

describe('images', () => {
  test('are found by their names', async () => {
    expect(await runtime.hasImage(image)).toBe(true)
    expect(await runtime.hasImage('busybox:other')).toBe(false)
    await expect(runtime.hasImage('Not An Image')).rejects.toEqual(
      failure('image', /"Not An Image" is not the name of an image/),
    )
  })

  test('say whom they run as, and that user can read secret files that are given to it', async () => {
    const base = await create(request('true'))
    for (const user of ['1000:1000', 'nobody'])
      await callEngine(
        daemon.socket,
        'POST',
        `/commit?container=${base}&repo=user&tag=${user.length}&changes=${encodeURIComponent(`USER ${user}`)}`,
      )
    expect(await runtime.imageUser(image)).toBeNull()
    expect(await runtime.imageUser('user:6')).toBe('nobody')
    expect(await runtime.imageUser('user:9')).toBe('1000:1000')
    await expect(runtime.imageUser('busybox:other')).rejects.toEqual(
      failure('image', /^cannot look at the image busybox:other: .*no such image/i),
    )

    const opener = { publicKey: '', open: () => new Uint8Array() }
    const files = await openSecretFiles({ root: join(daemon.folder, 'secrets'), opener, logger })
    const token = new Map([['token', new TextEncoder().encode('s3cret\n')]])
    const script = 'id -u; cat /run/secrets/token 2>&1'
    const outputs = [1000, null].map(async (owner, index) => {
      const source = await files.write(`shop.web.${index}.a`, token, owner)
      const id = await run(script, {
        image: 'user:9',
        mounts: [{ kind: 'bind', source, target: '/run/secrets', readOnly: true }],
      })
      await untilExited(id)
      return (await logOf(id)).map(({ text }) => text)
    })
    expect(await Promise.all(outputs)).toEqual([
      ['1000', 's3cret'],
      ['1000', "cat: can't open '/run/secrets/token': Permission denied"],
    ])
  })

  test('are pulled from a registry, and a pull that stalls ends with its limit or its signal', async () => {
    await using registry = await startRegistry()
    const signal = new AbortController().signal
    registry.stalls = true
    const started = performance.now()
    await expect(
      connectTo(daemon.socket, { pullIdleMs: 1000 }).pullImage(registry.image, signal),
    ).rejects.toEqual(failure('unavailable', /made no progress with 127\.0\.0\.1:\d+\/shop\/web:1 for 1 s/))
    const over = new AbortController()
    const pulling = runtime.pullImage(registry.image, over.signal)
    setTimeout(() => over.abort(new Error('enough')), 300)
    await expect(pulling).rejects.toThrow('enough')
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(await runtime.hasImage(registry.image)).toBe(false)
    registry.stalls = false
    await runtime.pullImage(registry.image, signal)
    expect(await runtime.hasImage(registry.image)).toBe(true)
    await expect(runtime.pullImage(registry.image.replace(/:1$/, ':2'), signal)).rejects.toEqual(
      failure('image', /^cannot get the image 127\.0\.0\.1:\d+\/shop\/web:2: manifest unknown$/),
    )
  })

  test('that cannot be had fail with the reason, and a pull ends when it is aborted', async () => {
    const never = new AbortController()
    // Nobody listens on port 1; the engine takes 127.0.0.1 for a registry without TLS.
    await expect(runtime.pullImage('127.0.0.1:1/shop/web:1', never.signal)).rejects.toEqual(
      failure('image', /^cannot get the image 127\.0\.0\.1:1\/shop\/web:1: .*connection refused/),
    )
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(runtime.pullImage('127.0.0.1:1/shop/web:1', aborted)).rejects.toThrow('enough')
  })
})

describe('exec', () => {
  test('gives the exit code and the first 4 KiB of what both streams say', async () => {
    const id = await run('sleep 1000')
    const both = await runtime.exec(id, ['/bin/sh', '-c', 'echo out; echo err >&2; exit 5'], 5000)
    expect(both.exitCode).toBe(5)
    expect(both.output.split('\n').sort()).toEqual(['', 'err', 'out']) // two pipes have no order between them
    const long = await runtime.exec(id, ['/bin/sh', '-c', 'yes üü | head -c 1000000'], 5000)
    expect(long.exitCode).toBe(0)
    expect(Buffer.byteLength(long.output)).toBeLessThanOrEqual(4096)
    expect(long.output).toMatch(/^(üü\n)+ü*$/)
    expect(await runtime.exec(id, ['/bin/nothing'], 5000)).toEqual({
      exitCode: 127,
      output: 'exec: "/bin/nothing": stat /bin/nothing: no such file or directory',
    })
    expect(await runtime.exec(id, ['/etc/passwd'], 5000)).toMatchObject({ exitCode: 126 })
  })

  test('ends a command that takes too long, with its children', async () => {
    const id = await run('sleep 1000')
    const started = performance.now()
    expect(await runtime.exec(id, ['/bin/sh', '-c', 'echo begun; sleep 999; true'], 700)).toEqual({
      exitCode: 124,
      output: 'begun\n',
    })
    expect(performance.now() - started).toBeLessThan(1500)
    await expect
      .poll(
        async () =>
          (await runtime.exec(id, ['/bin/sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'], 5000)).output,
      )
      .not.toContain('sleep 999')
  })

  test('says when there is nothing to run it in', async () => {
    const id = await create(request('true'))
    await expect(runtime.exec(id, ['/bin/true'], 1000)).rejects.toEqual(failure('refused', /is not running/))
    await expect(runtime.exec('nothing', ['/bin/true'], 1000)).rejects.toEqual(
      failure('gone', /no such container/),
    )
  })
})

describe('logs', () => {
  test('come line by line with stream and time, from the end when a tail is asked for', async () => {
    const id = await run('for i in $(seq 1 20); do echo "line $i"; done; echo wrong >&2; printf "no end"')
    await untilExited(id)
    const lines = await logOf(id)
    expect(lines.filter((line) => line.source === 'stdout').map((line) => line.text)).toEqual([
      ...Array.from({ length: 20 }, (_, index) => `line ${index + 1}`),
      'no end',
    ])
    expect(lines.filter((line) => line.source === 'stderr').map((line) => line.text)).toEqual(['wrong'])
    for (const { at } of lines) expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000)
    expect(await logOf(id, runtime, 2)).toHaveLength(2)
    await expect(logOf('nothing')).rejects.toEqual(failure('gone', /no such container/))
  })

  test('are followed until the container ends, or nobody listens any more', async () => {
    const id = await run('for i in 1 2 3; do echo $i; sleep 0.2; done')
    const seen: string[] = []
    const signal = new AbortController().signal
    for await (const batch of runtime.logs(id, { follow: true, tail: null, signal }))
      seen.push(...batch.map((line) => line.text))
    expect(seen).toEqual(['1', '2', '3'])

    const endless = await run('while :; do echo x; sleep 0.05; done')
    const over = new AbortController()
    let batches = 0
    for await (const batch of runtime.logs(endless, { follow: true, tail: 0, signal: over.signal })) {
      batches += Math.min(1, batch.length)
      if (batches === 3) over.abort()
    }
    expect(batches).toBeGreaterThanOrEqual(3)
  })

  test('bear binary and a line of a megabyte, and what comes after is whole again', async () => {
    const id = await run(
      'dd if=/dev/urandom bs=1000 count=100 2>/dev/null; echo; head -c 1000000 /dev/zero | tr "\\0" "a"; echo; printf "\\033[31mred\\377\\n"; echo last',
    )
    await untilExited(id)
    const lines = await logOf(id)
    for (const { text } of lines) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3 * 16 * 1024)
    expect(
      lines.filter(({ text }) => /^a+$/.test(text)).reduce((sum, { text }) => sum + text.length, 0),
    ).toBeGreaterThan(990_000)
    expect(lines.slice(-2).map((line) => line.text)).toEqual(['\u001b[31mred\ufffd', 'last'])
  })

  test('of a container that writes faster than anybody reads hold nothing up', async () => {
    const id = await run('yes "a line of some length to fill buffers with" | head -c 20000000')
    await untilExited(id)
    const before = process.memoryUsage().rss
    let lines = 0
    let most = 0
    for await (const batch of runtime.logs(id, {
      follow: false,
      tail: null,
      signal: new AbortController().signal,
    })) {
      lines += batch.length
      most = Math.max(most, batch.length)
    }
    expect(most).toBeLessThanOrEqual(500)
    expect(lines).toBeGreaterThan(100_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 ** 2)
  })
})

describe('a daemon', () => {
  test('that is killed ends the streams with "unavailable", and is used again once it is back', async () => {
    await using own = await startDockerd('killed', { args: ['--live-restore'] })
    await importBusybox(own.socket, image)
    const client = connectTo(own.socket)
    await client.ensureNetwork(network, { [labels.cluster]: cluster })
    const id = await client.create(request('while :; do echo x; sleep 0.05; done'))
    await client.start(id)
    const signal = new AbortController().signal
    const begun: (() => void)[] = []
    const hasBegun = new Promise<void>((resolve) => begun.push(resolve))
    const logs = (async () => {
      for await (const batch of client.logs(id, { follow: true, tail: 0, signal }))
        if (batch.length > 0) for (const each of begun) each()
    })()
    const events = (async () => {
      for await (const event of client.events(cluster, signal))
        throw new Error(`nothing happens here: ${event.kind}`)
    })()
    await using registry = await startRegistry()
    registry.stalls = true
    const pull = client.pullImage(registry.image, signal)
    const ended = Promise.allSettled([logs, events, pull])
    await hasBegun
    await expect.poll(() => registry.asked.some((path) => path.includes('/blobs/'))).toBe(true)
    await own.kill()
    expect(await ended).toEqual([
      {
        status: 'rejected',
        reason: failure('unavailable', /^the Docker daemon at \S+ broke the connection$/),
      },
      {
        status: 'rejected',
        reason: failure(
          'unavailable',
          /^the Docker daemon at \S+ (?:broke the connection|ended the stream of events)$/,
        ),
      },
      {
        status: 'rejected',
        reason: failure('unavailable', /^the Docker daemon at \S+ broke the connection$/),
      },
    ])
    await expect(client.list(cluster)).rejects.toEqual(
      failure('unavailable', /does not run: connection refused/),
    )
    await own.restart()
    expect(await client.list(cluster)).toMatchObject([{ id, state: 'running' }])
  }, 60_000)

  test('that hangs makes every call fail within its limit, and none hangs with it', async () => {
    await using own = await startDockerd('hung')
    await importBusybox(own.socket, image)
    const short = {
      readMs: 300,
      createMs: 300,
      startMs: 300,
      stopMs: 300,
      removeMs: 300,
      pullIdleMs: 300,
      execMs: 100,
    }
    const client = connectTo(own.socket, short)
    await connectTo(own.socket).ensureNetwork(network, { [labels.cluster]: cluster })
    const id = await connectTo(own.socket).create(request('sleep 100'))
    await client.info()
    const signal = new AbortController().signal
    own.pause()
    const started = performance.now()
    const calls = [
      client.info(),
      client.list(cluster),
      client.inspect(id),
      client.hasImage(image),
      client.imageUser(image),
      client.pullImage('shop/web:1', signal),
      client.ensureNetwork('n', {}),
      client.removeNetwork('n'),
      client.listNetworks(cluster),
      client.ensureVolume('v', {}),
      client.removeVolume('v'),
      ...Array.from({ length: 20 }, () => client.create(request('true'))),
      ...Array.from({ length: 20 }, () => client.start(id)),
      client.stop(id, 0),
      client.remove(id),
      client.exec(id, ['/bin/true'], 200),
      logOf(id, client),
      (async () => {
        for await (const event of client.events(cluster, signal)) throw new Error(`it hangs: ${event.kind}`)
      })(),
    ]
    for (const result of await Promise.allSettled(calls))
      expect(result).toEqual({
        status: 'rejected',
        reason: failure('unavailable', /did not|has not come|no progress/),
      })
    expect(performance.now() - started).toBeLessThan(3000)
    own.resume()
    expect(await connectTo(own.socket).hasImage(image)).toBe(true)
  }, 60_000)
})
