// Time, chance, logs, ports and processes of the real host.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Fault } from '../../model/index.ts'
import {
  createLogger,
  describeHolder,
  findProgram,
  freePort,
  portHolder,
  readProcess,
  startDetached,
  stopProcess,
  systemClock,
  systemEntropy,
  waitFor,
} from './index.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-host-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the clock', () => {
  test('a sleep is never shorter than asked for, by the monotonic clock', async () => {
    for (const ms of [0, 0.4, 1, 3.7, 20]) {
      const before = systemClock.monotonic()
      await systemClock.sleep(ms)
      expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(ms)
    }
  })

  test('an abort ends a sleep with its reason, also one before it began, and leaves no listener', async () => {
    const over = new AbortController()
    const removed = vi.spyOn(over.signal, 'removeEventListener')
    const asleep = systemClock.sleep(60_000, over.signal)
    await systemClock.sleep(1, over.signal)
    expect(removed).toHaveBeenCalledTimes(1)
    over.abort(new Error('woken'))
    await expect(asleep).rejects.toThrow('woken')
    await expect(systemClock.sleep(0, over.signal)).rejects.toThrow('woken')
  })

  test('a sleep longer than a timer can wait does not end at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      let isOver = false
      const month = 40 * 24 * 3600 * 1000
      void systemClock.sleep(month).then(() => (isOver = true))
      await vi.advanceTimersByTimeAsync(month - 1000)
      expect(isOver).toBe(false)
      await vi.advanceTimersByTimeAsync(1001)
      expect(isOver).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  test('a sleep of no number is a bug', () => {
    expect(() => systemClock.sleep(NaN)).toThrow('a sleep of NaN ms')
  })
})

describe('entropy', () => {
  test('ids are 22 letters and digits, all of them used, none twice', () => {
    const ids = Array.from({ length: 2000 }, () => systemEntropy.id())
    expect(new Set(ids).size).toBe(2000)
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{22}$/)
    const counts = new Map<string, number>()
    for (const letter of ids.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(62)
    // 710 of each are expected; seven standard deviations either way.
    for (const count of counts.values()) expect(Math.abs(count - 710)).toBeLessThan(187)
  })

  test('fractions are in [0, 1) and in its every tenth, bytes as many as asked for', () => {
    const tenths = new Set<number>()
    for (let turn = 0; turn < 1000; turn++) {
      const fraction = systemEntropy.fraction()
      expect(fraction >= 0 && fraction < 1).toBe(true)
      tenths.add(Math.floor(fraction * 10))
    }
    expect(tenths.size).toBe(10)
    expect(systemEntropy.bytes(33)).toHaveLength(33)
  })
})

describe('the logger', () => {
  const linesOf = async (path: string) =>
    (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>) // our own lines

  test('writes JSON lines with level, name and time at once, and drops what is below its level', async () => {
    const file = join(folder, 'logs', 'server.log')
    const logger = createLogger({ name: 'server', file })
    logger.debug({}, 'not shown')
    logger.info({ seq: 3 }, 'folded')
    logger.child('nats').warn({ error: new Error('broken') }, 'lost')
    const [first, second, ...rest] = await linesOf(file)
    expect(first).toMatchObject({ level: 'info', name: 'server', pid: process.pid, seq: 3, msg: 'folded' })
    expect(first?.['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(second).toMatchObject({ level: 'warn', name: 'server/nats', msg: 'lost' })
    expect(second?.['error']).toMatchObject({ message: 'broken' })
    expect(rest).toEqual([])
  })

  test('a file past its limit gives way to a new one, with one older beside it', async () => {
    const file = join(folder, 'server.log')
    const logger = createLogger({ name: 'server', file, limitBytes: 2000 })
    for (let line = 0; line < 200; line++) logger.info({ line }, 'a line')
    expect((await readdir(folder)).sort()).toEqual(['server.log', 'server.log.1'])
    for (const name of ['server.log', 'server.log.1'])
      expect((await readFile(join(folder, name))).length).toBeLessThan(2300)
    expect((await linesOf(file)).at(-1)).toMatchObject({ line: 199 })
  })

  test.skipIf(process.geteuid?.() !== 0)(
    'a full disk loses lines, says how many, and stops nobody',
    async () => {
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder])
      try {
        const file = join(folder, 'server.log')
        const logger = createLogger({ name: 'server', file })
        await writeFile(join(folder, 'ballast'), Buffer.alloc(12 * 1024))
        for (let line = 0; line < 100; line++) logger.info({ line }, 'a line')
        await rm(join(folder, 'ballast'))
        logger.info({}, 'room again')
        expect(await readFile(file, 'utf8')).toMatch(/\d+ lines could not be written here"}\n.*room again/)
      } finally {
        spawnSync('umount', ['-l', folder]) // lazily: the logger holds its file open
      }
    },
  )
})

describe('waitFor', () => {
  test('gives the first result that is one, and says what it waited for when there was none', async () => {
    let turns = 0
    expect(
      await waitFor(() => (++turns < 3 ? null : turns), { timeoutMs: 1000, everyMs: 1, what: 'x' }),
    ).toBe(3)
    await expect(waitFor(() => false, { timeoutMs: 20, everyMs: 5, what: 'the moon' })).rejects.toThrow(
      'waited 0.02 s for the moon',
    )
    const over = AbortSignal.abort(new Error('enough'))
    await expect(waitFor(() => undefined, { timeoutMs: 1000, what: 'x', signal: over })).rejects.toThrow(
      'enough',
    )
  })
})

describe('ports', () => {
  test('a free one can be taken, and one that is taken tells by whom', async () => {
    const port = await freePort()
    expect(await portHolder(port)).toBeNull()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const holder = await portHolder(port)
    expect(holder?.pid).toBe(process.pid)
    expect(describeHolder(holder ?? { pid: null, command: null })).toBe(
      `${(await readFile('/proc/self/comm', 'utf8')).trim()} (process ${process.pid})`,
    )
    await new Promise((resolve) => server.close(resolve))
    expect(await portHolder(port)).toBeNull()
  })

  test('an address that is not of this host is a fault', async () => {
    await expect(portHolder(4222, '192.0.2.1')).rejects.toThrow('cannot listen on 192.0.2.1:4222')
  })
})

test('programs are found by name, and their absence is null', async () => {
  expect(await findProgram('sh')).toMatch(/\/sh$/)
  expect(await findProgram('no-such-program-here')).toBeNull()
})

describe('detached processes', () => {
  const start = (script: string) =>
    startDetached({
      command: 'sh',
      args: ['-c', script],
      logFile: join(folder, 'log'),
      pidFile: join(folder, 'pid'),
      cwd: folder,
      env: { ...process.env, WORD: 'hello' },
    })
  const pidFile = () => join(folder, 'pid')

  test('run in a session of their own, write to their log, and are stopped by their pid file', async () => {
    const pid = await start('echo $WORD in $PWD; exec sleep 600')
    expect(await readProcess(pidFile())).toEqual({ state: 'running', pid, command: 'sh' })
    const session = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[3]
    expect(session).toBe(String(pid))
    await waitFor(async () => (await readFile(join(folder, 'log'), 'utf8')) === `hello in ${folder}\n`, {
      timeoutMs: 5000,
      what: 'the line',
    })
    await expect(start('true')).rejects.toThrow(`sh is running already as process ${pid}`)
    expect(await stopProcess(pidFile())).toBe('stopped')
    expect(await readProcess(pidFile())).toEqual({ state: 'gone' })
    expect(await stopProcess(pidFile())).toBe('gone')
    expect(await readdir(folder)).toEqual(['log'])
  })

  test('outlive the process that started them', async () => {
    const program = `
      import { startDetached } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
      await startDetached({ command: 'sleep', args: ['600'], logFile: '${folder}/log', pidFile: '${folder}/pid' })
      process.kill(process.pid, 'SIGKILL')`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
    await new Promise((resolve) => parent.once('exit', resolve))
    expect((await readProcess(pidFile())).state).toBe('running')
    expect(await stopProcess(pidFile())).toBe('stopped')
  })

  test('that do not listen are killed after their grace', async () => {
    await start('trap "" TERM; touch ready; while :; do sleep 0.05; done')
    await waitFor(async () => (await readdir(folder)).includes('ready'), {
      timeoutMs: 5000,
      what: 'the trap',
    })
    expect(await stopProcess(pidFile(), { graceMs: 100 })).toBe('killed')
    expect(await readProcess(pidFile())).toEqual({ state: 'gone' })
  })

  test('a process that took over the number, or one of another boot, is not ours and is left alone', async () => {
    await start('exec sleep 600')
    const ours = await readFile(pidFile(), 'utf8')
    await systemClock.sleep(30) // the kernel counts start times in hundredths of a second
    const stranger = spawn('sleep', ['600'])
    const strangerPid = stranger.pid ?? 0
    try {
      const record = JSON.parse(ours) as Record<string, unknown> // our own file
      await writeFile(pidFile(), JSON.stringify({ ...record, pid: strangerPid }))
      expect(await readProcess(pidFile())).toEqual({ state: 'gone' })
      expect(await stopProcess(pidFile())).toBe('gone')
      await writeFile(pidFile(), JSON.stringify({ ...record, boot: 'another' }))
      expect(await readProcess(pidFile())).toEqual({ state: 'gone' })
      expect(process.kill(strangerPid, 0)).toBe(true)
    } finally {
      stranger.kill('SIGKILL')
      await writeFile(pidFile(), ours)
      await stopProcess(pidFile())
    }
  })

  test('one that has ended but was not collected yet is gone', async () => {
    const pid = await start('exit 3')
    await waitFor(async () => (await readProcess(pidFile())).state === 'gone', {
      timeoutMs: 5000,
      what: 'its end',
    })
    expect(pid).toBeGreaterThan(0)
  })

  test('a program that is not there is a fault and leaves no pid file', async () => {
    const starting = startDetached({
      command: '/no/such/program',
      args: [],
      logFile: join(folder, 'log'),
      pidFile: pidFile(),
    })
    await expect(starting).rejects.toBeInstanceOf(Fault)
    await expect(starting).rejects.toThrow('cannot start /no/such/program: ')
    expect(await readdir(folder)).toEqual(['log'])
  })

  test('a damaged pid file is a fault, not a licence to start a second one', async () => {
    await writeFile(pidFile(), '{"pid":')
    await expect(readProcess(pidFile())).rejects.toThrow(
      `the pid file ${pidFile()} is damaged: it is not JSON`,
    )
  })
})
