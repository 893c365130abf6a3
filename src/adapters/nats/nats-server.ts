// The nats-server of this host: found, started, known by its pid file, told to read its certificates again, stopped.
// Invariant: after a start it answers with this configuration, or there is a fault that says why and nothing is left
// running. Its data are never touched. It is not supervised: who needs it running starts it again.

import { execFile } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import process from 'node:process'
import { connect, isIP } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Fault, messageOf } from '../../model/index.ts'
import type { Address, Bytes, Duration } from '../../model/index.ts'
import { createFileAtomically, writeFileAtomically } from '../files/index.ts'
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
import type { BeginningTrust } from './trust.ts'
import type { NatsClusterConfig } from './server-config.ts'

export interface NatsProgram {
  readonly path: string
  /** `2.9.10` */
  readonly version: string
  readonly canSyncAlways: boolean
}

export interface NatsServerOptions {
  /** Holds its configuration, certificate, pid file, log, accounts and, in `store`, its data. */
  readonly folder: string
  /** Unique in the cluster, and the same for ever: its data hang on it. */
  readonly name: string
  /** Where it takes clients; `0.0.0.0:PORT` for all addresses of the host. */
  readonly listen: Address
  readonly trust: BeginningTrust
  /** PEM. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly ca: string }
  /** Absent: it is alone, and stays so. */
  readonly cluster?: NatsClusterConfig
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
 * Starts the server, or finds it running. One that runs with another certificate, or knows other routes, reads them
 * while it serves; one with another configuration besides is started anew. A `Fault` when the program is not fit, a port
 * is taken, or it does not come up within 15 s (with the end of its log).
 */
export async function startNatsServer(options: NatsServerOptions): Promise<RunningNats> {
  const { folder, listen } = options
  const { configFile, pidFile, logFile, storeFolder } = filesOf(folder)
  const { path, version, canSyncAlways } = await natsServerVersion(options.program)
  const { host, port } = endOf(listen)
  const url = `tls://${isAny(host) ? '127.0.0.1' : host}:${port}`
  const config = configOf(options, canSyncAlways)
  const there = await readProcess(pidFile)
  if (there.state === 'running') {
    const before = await textOf(configFile)
    if (before !== null && withoutRoutes(before) === withoutRoutes(config)) {
      const isNews = (await writeCertificate(options)) || before !== config
      await writeFileAtomically(configFile, config)
      if (isNews) process.kill(there.pid, 'SIGHUP')
      return { url, pid: there.pid, version, isNew: false }
    }
    await stopNatsServer(folder)
  }
  for (const each of [listen, ...(options.cluster ? [options.cluster.listen] : [])]) await requireFree(each)
  await mkdir(storeFolder, { recursive: true, mode: 0o700 })
  await writeCertificate(options)
  await writeAccounts(options)
  await writeFileAtomically(configFile, config)
  const logFrom = await sizeOf(logFile)
  const pid = await startDetached({ command: path, args: ['-c', configFile], logFile, pidFile })
  try {
    await waitFor(
      async () => {
        if (await accepts(isAny(host) ? '127.0.0.1' : host, port)) return true
        if ((await readProcess(pidFile)).state === 'gone')
          throw new Fault({ what: 'nats-server ended at once', why: await lastWords(logFile, logFrom) })
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

/**
 * Gives a server that runs another certificate; connections that are open stay open. False when it runs with this one
 * already, or does not run: then its next start takes it.
 */
export async function renewCertificate(options: Pick<NatsServerOptions, 'folder' | 'tls'>): Promise<boolean> {
  const there = await readProcess(filesOf(options.folder).pidFile)
  if (!(await writeCertificate(options)) || there.state === 'gone') return false
  process.kill(there.pid, 'SIGHUP')
  return true
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
    accountsFolder: join(folder, 'accounts'),
    certificateFile: join(folder, 'tls.pem'),
    keyFile: join(folder, 'tls.key'),
    caFile: join(folder, 'ca.pem'),
  }
}

function configOf(options: NatsServerOptions, canSyncAlways: boolean): string {
  const { folder, name, listen, cluster = null, storeLimitBytes = defaultStoreLimitBytes } = options
  const { storeFolder, accountsFolder, ...tls } = filesOf(folder)
  return natsServerConfig({
    name,
    listen,
    storeFolder,
    storeLimitBytes,
    trust: {
      operatorJwt: options.trust.operatorJwt,
      systemAccount: options.trust.systemAccount,
      accountsFolder,
    },
    tls,
    cluster,
    canSyncAlways,
  })
}

/** What of the configuration a running server may be told anew. */
function withoutRoutes(config: string): string {
  return config.replace(/^ {2}routes: .*$/m, '')
}

/** False when it is there already. The CA follows the certificate, so that a host that joins is shown it. */
async function writeCertificate({
  folder,
  tls,
}: Pick<NatsServerOptions, 'folder' | 'tls'>): Promise<boolean> {
  const { certificateFile, keyFile, caFile } = filesOf(folder)
  const chain = `${tls.certificate.trim()}\n${tls.ca.trim()}\n`
  if ((await textOf(certificateFile)) === chain && (await textOf(keyFile)) === tls.key) return false
  await writeFileAtomically(caFile, tls.ca)
  await writeFileAtomically(keyFile, tls.key)
  await writeFileAtomically(certificateFile, chain)
  return true
}

/** Never over one that is there: that may revoke somebody, and this one would take him back. */
async function writeAccounts({ folder, trust }: NatsServerOptions): Promise<void> {
  for (const [key, jwt] of Object.entries(trust.accounts))
    await createFileAtomically(join(filesOf(folder).accountsFolder, `${key}.jwt`), jwt)
}

async function requireFree(address: Address): Promise<void> {
  const { host, port } = endOf(address)
  const holder = await portHolder(port, host)
  if (holder)
    throw new Fault({
      what: `port ${port} on ${host} is taken`,
      why: `${describeHolder(holder)} listens there`,
      fix: 'stop it, or choose another port',
    })
}

function endOf(address: Address): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}

function isAny(host: string): boolean {
  return isIP(host) !== 0 && /^[0:.]+$/.test(host)
}

function isBefore(a: { major: number; minor: number }, b: { major: number; minor: number }): boolean {
  return a.major !== b.major ? a.major < b.major : a.minor < b.minor
}

/** Null when it is not there, or cannot be read. */
function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}

/** Whether something takes connections there. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
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
async function lastWords(logFile: string, from: Bytes): Promise<string> {
  const text = (await readFile(logFile)).subarray(from).toString('utf8')
  const lines = text.split('\n').filter((line) => /\[(ERR|FTL)\]|^nats-server:/.test(line))
  return (lines.length > 0 ? lines : text.trim().split('\n')).slice(-3).join(' ').slice(-500)
}
