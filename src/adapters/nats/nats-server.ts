// The nats-server of a one-node cluster: found, started, known by its pid file, stopped. Invariant: after a start it
// answers with this configuration, or there is a fault that says why and nothing is left running. Its data are never
// touched. It is not supervised: who needs it running starts it again.

import { execFile } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Fault, messageOf } from '../../model/index.ts'
import type { Bytes, Duration } from '../../model/index.ts'
import { writeFileAtomically } from '../files/index.ts'
import {
  describeHolder,
  findProgram,
  portHolder,
  readProcess,
  startDetached,
  stopProcess,
  waitFor,
} from '../host/index.ts'
import { natsServerConfig } from './server-config.ts'
import type { NatsUser } from './server-config.ts'

export interface NatsProgram {
  readonly path: string
  /** `2.9.10` */
  readonly version: string
  readonly canSyncAlways: boolean
}

export interface NatsServerOptions {
  /** Holds its configuration, pid file, log and, in `store`, its data. */
  readonly folder: string
  readonly port: number
  readonly users: readonly NatsUser[]
  /** Default 10 GiB. */
  readonly storeLimitBytes?: Bytes
  /** Default: the `nats-server` of the host. */
  readonly program?: string
}

export interface RunningNats {
  readonly url: string
  readonly pid: number
  readonly version: string
  /** False when it was running already, with the same configuration. */
  readonly isNew: boolean
}

const oldest = { major: 2, minor: 9 }
const firstToSyncAlways = { major: 2, minor: 10 }
const defaultStoreLimitBytes: Bytes = 10 * 1024 * 1024 * 1024
const startsWithinMs: Duration = 15_000
const stopsWithinMs: Duration = 10_000
const versionWithinMs: Duration = 5000
const install = 'apt-get install nats-server'

/** The program and its version; a `Fault` when it is absent, cannot be run, or is older than 2.9. */
export async function natsServerVersion(path?: string): Promise<NatsProgram> {
  const found = path ?? (await findProgram('nats-server'))
  if (found === null)
    throw new Fault({ what: 'nats-server is not installed', why: 'it is in no folder of PATH', fix: install })
  const output = await promisify(execFile)(found, ['--version'], { timeout: versionWithinMs }).catch(
    (error: unknown) => {
      throw new Fault(
        { what: `${found} cannot be run`, why: messageOf(error), fix: install },
        { cause: error },
      )
    },
  )
  const match = /v(\d+)\.(\d+)\.(\d+)/.exec(output.stdout)
  if (!match?.[1] || !match[2])
    throw new Fault({
      what: `${found} does not say which version it is`,
      why: `it says "${output.stdout.trim().slice(0, 80)}"`,
      fix: install,
    })
  const version = { major: Number(match[1]), minor: Number(match[2]) }
  const text = match[0].slice(1)
  if (isBefore(version, oldest))
    throw new Fault({
      what: `nats-server ${text} (${found}) is too old`,
      why: `gantry needs ${oldest.major}.${oldest.minor} or newer`,
      fix: install,
    })
  return { path: found, version: text, canSyncAlways: !isBefore(version, firstToSyncAlways) }
}

/**
 * Starts the server, or finds it running; one that runs with another configuration is started anew. A `Fault` when the
 * program is not fit, the port is taken, or it does not come up within 15 s (with the end of its log).
 */
export async function startNatsServer(options: NatsServerOptions): Promise<RunningNats> {
  const { folder, port, users, storeLimitBytes = defaultStoreLimitBytes } = options
  const { configFile, pidFile, logFile, storeFolder } = filesOf(folder)
  const { path, version, canSyncAlways } = await natsServerVersion(options.program)
  const url = `nats://127.0.0.1:${port}`
  const config = natsServerConfig({ port, storeFolder, storeLimitBytes, users, canSyncAlways })
  const there = await readProcess(pidFile)
  if (there.state === 'running') {
    if (await isSame(configFile, config)) return { url, pid: there.pid, version, isNew: false }
    await stopNatsServer(folder)
  }
  const holder = await portHolder(port)
  if (holder)
    throw new Fault({
      what: `port ${port} on 127.0.0.1 is taken`,
      why: `${describeHolder(holder)} listens there`,
      fix: 'stop it, or choose another port',
    })
  await mkdir(storeFolder, { recursive: true, mode: 0o700 })
  await writeFileAtomically(configFile, config)
  const logFrom = await sizeOf(logFile)
  const pid = await startDetached({ command: path, args: ['-c', configFile], logFile, pidFile })
  try {
    await waitFor(
      async () => {
        if (await accepts(port)) return true
        if ((await readProcess(pidFile)).state === 'gone')
          throw new Fault({ what: 'nats-server ended at once', why: await endOf(logFile, logFrom) })
        return false
      },
      { timeoutMs: startsWithinMs, what: `nats-server to listen on port ${port}` },
    )
  } catch (error) {
    await stopNatsServer(folder)
    throw error
  }
  return { url, pid, version, isNew: true }
}

/** Resolves when it has ended; its data stay. */
export async function stopNatsServer(folder: string): Promise<'stopped' | 'killed' | 'gone'> {
  return stopProcess(filesOf(folder).pidFile, { graceMs: stopsWithinMs })
}

function filesOf(folder: string) {
  return {
    configFile: join(folder, 'nats.conf'),
    pidFile: join(folder, 'nats.pid'),
    logFile: join(folder, 'nats.log'),
    storeFolder: join(folder, 'store'),
  }
}

function isBefore(a: { major: number; minor: number }, b: { major: number; minor: number }): boolean {
  return a.major !== b.major ? a.major < b.major : a.minor < b.minor
}

async function isSame(path: string, content: string): Promise<boolean> {
  return (await readFile(path, 'utf8').catch(() => null)) === content // unreadable is not the same
}

/** Whether something takes connections there. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

async function sizeOf(path: string): Promise<Bytes> {
  const file = await open(path, 'r').catch(() => null) // not there before the first start
  if (file === null) return 0
  try {
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** What it said last, from a byte of its log on, in one line. */
async function endOf(logFile: string, from: Bytes): Promise<string> {
  const text = (await readFile(logFile)).subarray(from).toString('utf8')
  const lines = text.split('\n').filter((line) => /\[(ERR|FTL)\]|^nats-server:/.test(line))
  return (lines.length > 0 ? lines : text.trim().split('\n')).slice(-3).join(' ').slice(-500)
}
