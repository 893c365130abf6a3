// A real Docker daemon of a test's own: its data, socket, bridge and address range are below one folder and one range
// that no other has. Invariant: nothing of it outlives `stop`; what a killed test run left behind is cleared away by
// the next that starts a daemon. It never touches a daemon, process or address that it did not make.

import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pack } from 'tar-stream'
import {
  command,
  killAll,
  processesInCgroups,
  processesNaming,
  removeCgroups,
  removeFolder,
  sweepFolders,
  takeFolder,
  unmountBelow,
} from './traces.ts'

/** One folder a daemon, named by the second number of its addresses: 10.N.0.0/16. */
const base = '/tmp/gantry-dockerd'
const firstRange = 210
const lastRange = 249

export interface DockerdOptions {
  /** Lets the daemon write iptables rules (published ports, masquerade); default false, so that daemons do not meet. */
  readonly iptables?: boolean
  /** Further arguments, e.g. `--live-restore`. */
  readonly args?: readonly string[]
  /** Milliseconds until it must answer; default 30,000. */
  readonly readyMs?: number
  /** Name of a network namespace to run in; whoever made it removes it, after the daemon has stopped. */
  readonly namespace?: string
}

export interface Dockerd extends AsyncDisposable {
  readonly name: string
  /** Path of its unix socket. */
  readonly socket: string
  readonly folder: string
  /** All its addresses are in here, e.g. `10.211.0.0/16`. */
  readonly range: string
  /** The newest process. */
  pid(): number
  /** What it has logged so far. */
  log(): string
  /**
   * SIGKILL, as a crash does; resolves when the process is gone. Containers run on until `restart`, where the daemon
   * stops them (up to 10 s each) unless it has `--live-restore`.
   */
  kill(): Promise<void>
  /** SIGSTOP: it takes connections and never answers. */
  pause(): void
  resume(): void
  /** Starts it again after `kill` (or stops and starts it); resolves when it answers. */
  restart(): Promise<void>
  /** Removes everything: containers, processes, mounts, bridges, files. */
  stop(): Promise<void>
}

/** Starts a daemon and waits until it answers. Throws with what to install or do when that cannot be. */
export async function startDockerd(name: string, options: DockerdOptions = {}): Promise<Dockerd> {
  requireHost()
  sweepDockerds()
  const range = takeRange()
  const daemon = new Daemon(name, range, options)
  try {
    await daemon.start()
  } catch (error) {
    await daemon.stop()
    throw error
  }
  return daemon
}

class Daemon implements Dockerd {
  readonly name: string
  readonly folder: string
  readonly socket: string
  readonly range: string
  readonly #number: number
  readonly #options: DockerdOptions
  #child: ChildProcess | null = null
  #isStopped = false
  readonly #lastResort = (): void => void this.#child?.kill('SIGTERM')

  constructor(name: string, number: number, options: DockerdOptions) {
    this.name = name
    this.#number = number
    this.#options = options
    this.folder = folderOf(number)
    this.socket = join(this.folder, 'docker.sock')
    this.range = `10.${number}.0.0/16`
    process.once('exit', this.#lastResort)
  }

  async start(): Promise<void> {
    const number = this.#number
    addBridge(number, this.#options.namespace)
    forgetDeadContainerd(join(this.folder, 'exec', 'containerd', 'containerd.pid'))
    const log = openSync(this.#logFile, 'a')
    const { namespace } = this.#options
    // Not `ip netns exec`, which mounts another /sys: the control groups would not be there.
    const way = namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${namespace}`]
    const child = spawn(
      way[0] ?? 'dockerd',
      [
        ...(way.length > 0 ? [...way.slice(1), 'dockerd'] : []),
        ...['--data-root', join(this.folder, 'data'), '--exec-root', join(this.folder, 'exec')],
        ...['--host', `unix://${this.socket}`, '--pidfile', join(this.folder, 'dockerd.pid')],
        ...['--bridge', bridgeOf(number), '--default-address-pool', `base=10.${number}.128.0/17,size=24`],
        ...[
          '--containerd-namespace',
          bridgeOf(number),
          '--containerd-plugins-namespace',
          `${bridgeOf(number)}-plugins`,
        ],
        ...['--cgroup-parent', `/${bridgeOf(number)}`, '--shutdown-timeout', '3'],
        ...(this.#options.iptables === true
          ? []
          : ['--iptables=false', '--ip6tables=false', '--ip-masq=false']),
        ...(this.#options.args ?? []),
      ],
      { stdio: ['ignore', log, log], env: withoutDockerVariables(), detached: true },
    )
    closeSync(log)
    this.#child = child
    const end: { why: string | null } = { why: null }
    child.once('error', (error) => (end.why = error.message))
    child.once('exit', (code, signal) => (end.why ??= `it ended with ${code ?? signal ?? 'nothing'}`))
    const deadline = performance.now() + (this.#options.readyMs ?? 30_000)
    while (!(await answers(this.socket))) {
      if (performance.now() > deadline) end.why ??= 'it does not answer in time'
      if (end.why !== null)
        throw new Error(`dockerd ${this.name} did not start: ${end.why}\n${lastLines(this.log(), 20)}`)
      await sleep(25)
    }
  }

  pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error(`dockerd ${this.name} was never started`)
    return pid
  }

  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : ''
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#gone(10_000)
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async restart(): Promise<void> {
    await this.#end()
    await this.start()
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    process.removeListener('exit', this.#lastResort)
    if (this.#isAlive()) {
      this.resume()
      await removeContainers(this.socket).catch(() => undefined) // what the daemon cannot remove, `clear` does
    }
    await this.#end()
    clear(this.#number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #end(): Promise<void> {
    if (!this.#isAlive()) return
    this.resume()
    this.#child?.kill('SIGTERM')
    if (!(await this.#gone(15_000))) await this.kill()
  }

  #isAlive(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  async #gone(limitMs: number): Promise<boolean> {
    const deadline = performance.now() + limitMs
    while (this.#isAlive() && performance.now() < deadline) await sleep(10)
    return !this.#isAlive()
  }

  get #logFile(): string {
    return join(this.folder, 'dockerd.log')
  }
}

// --- the host ---------------------------------------------------------------------------------------------------

function requireHost(): void {
  if (process.platform !== 'linux')
    throw new Error('these tests start a Docker daemon of their own, which needs Linux')
  if (process.getuid?.() !== 0)
    throw new Error(
      'these tests start a Docker daemon of their own, which needs root: run them as root or with sudo',
    )
  for (const tool of ['dockerd', 'ip'])
    if (spawnSync(tool, ['--version']).error)
      throw new Error(
        `these tests need ${tool}: apt-get install --no-install-recommends docker.io iproute2 iptables busybox-static`,
      )
}

function folderOf(number: number): string {
  return join(base, String(number))
}

function bridgeOf(number: number): string {
  return `gantrytest${number}`
}

/** A folder and a range that nobody has. */
function takeRange(): number {
  const start = firstRange + (process.pid % (lastRange - firstRange + 1))
  for (let step = 0; step <= lastRange - firstRange; step += 1) {
    const number = firstRange + ((start - firstRange + step) % (lastRange - firstRange + 1))
    if (existsSync(folderOf(number)) || interfacesIn(number).length > 0) continue
    if (takeFolder(base, folderOf(number))) return number
  }
  throw new Error(`no free address range for another Docker daemon: look at ${base}`)
}

/** Clears away what processes that are no more have left. */
export function sweepDockerds(): void {
  sweepFolders(base, (entry) => {
    if (/^\d+$/.test(entry)) clear(Number(entry))
    else removeFolder(join(base, entry))
  })
}

function addBridge(number: number, namespace: string | undefined): void {
  const bridge = bridgeOf(number)
  const ip = (...args: string[]) =>
    command('ip', ...(namespace === undefined ? [] : ['-netns', namespace]), ...args)
  if (ip('-o', 'link', 'show', 'type', 'bridge').includes(`: ${bridge}:`)) return
  ip('link', 'add', bridge, 'type', 'bridge')
  ip('addr', 'add', `10.${number}.0.1/24`, 'dev', bridge)
  ip('link', 'set', bridge, 'up')
  // Another daemon of this host may have set the policy of FORWARD to DROP, which holds for bridges too. A namespace has
  // rules of its own.
  if (namespace === undefined) spawnSync('iptables', ['-w', '-I', ...forwardRule(number)])
}

/**
 * Killing dockerd kills its containerd. Where nobody collects dead orphans (process 1 of many sandboxes does not), the
 * dead one keeps its number, and a new dockerd waits for it instead of starting another.
 */
function forgetDeadContainerd(pidFile: string): void {
  if (!existsSync(pidFile)) return
  const stat = `/proc/${readFileSync(pidFile, 'utf8').trim()}/stat`
  if (!existsSync(stat) || readFileSync(stat, 'utf8').includes(') Z ')) rmSync(pidFile)
}

function forwardRule(number: number): string[] {
  return ['FORWARD', '-s', `10.${number}.0.0/16`, '-d', `10.${number}.0.0/16`, '-j', 'ACCEPT']
}

/** Ends what still runs, and removes every trace of the daemon of this range. */
function clear(number: number): void {
  const folder = folderOf(number)
  const programs = /(^|\/)(dockerd|containerd|containerd-shim[^/]*|runc)$/
  killAll(() => [...processesNaming(programs, `${folder}/`), ...processesInCgroups(bridgeOf(number))])
  unmountBelow(folder)
  removeCgroups(bridgeOf(number))
  for (const name of interfacesIn(number)) spawnSync('ip', ['link', 'del', name])
  spawnSync('iptables', ['-w', '-D', ...forwardRule(number)])
  removeFolder(folder)
}

/** Bridges with an address of this range; those without a container are down, so Node's own list does not show them. */
function interfacesIn(number: number): string[] {
  const { stdout } = spawnSync('ip', ['-o', '-4', 'addr', 'show'], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .filter((line) => line.includes(` inet 10.${number}.`))
    .map((line) => line.split(/\s+/)[1] ?? '')
    .filter((name) => name !== '')
}

function withoutDockerVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('DOCKER_')))
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

// --- the engine's API, as little as tests need ------------------------------------------------------------------

/** One call of the engine's API; `body` is JSON unless it is a stream of bytes. Throws unless the status is below 400. */
export async function callEngine(
  socket: string,
  method: string,
  path: string,
  body?: object | AsyncIterable<Uint8Array>,
): Promise<unknown> {
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const isStream = body !== undefined && Symbol.asyncIterator in body
    const headers =
      body === undefined ? {} : { 'Content-Type': isStream ? 'application/x-tar' : 'application/json' }
    const call = request(
      { socketPath: socket, method, path, headers, agent: false, timeout: 60_000 },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    call.on('error', reject)
    call.on('timeout', () => call.destroy(new Error('no answer within a minute')))
    if (isStream)
      void send(body, call).catch((error: unknown) =>
        call.destroy(new Error('sending failed', { cause: error })),
      )
    else call.end(body === undefined ? undefined : JSON.stringify(body))
  })
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text.trim()}`)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

async function send(body: AsyncIterable<Uint8Array>, call: NodeJS.WritableStream): Promise<void> {
  for await (const part of body)
    if (!call.write(part)) await new Promise((resolve) => call.once('drain', resolve))
  call.end()
}

async function answers(socket: string): Promise<boolean> {
  try {
    return (await callEngine(socket, 'GET', '/_ping')) === 'OK'
  } catch {
    return false
  }
}

async function removeContainers(socket: string): Promise<void> {
  const list = await callEngine(socket, 'GET', '/containers/json?all=1')
  if (!Array.isArray(list)) return
  await Promise.all(
    list.map((each: { Id: string }) => callEngine(socket, 'DELETE', `/containers/${each.Id}?force=1&v=1`)),
  )
}

export const applets = [
  'sh',
  'httpd',
  'wget',
  'sleep',
  'nc',
  'cat',
  'echo',
  'ls',
  'mkdir',
  'kill',
  'true',
  'false',
  'date',
  'test',
  'tail',
  'env',
  'id',
  'stat',
  'flock',
  'sync',
  'head',
  'printf',
  'dd',
  'yes',
  'touch',
  'rm',
  'ip',
  'grep',
  'tr',
  'seq',
  'hostname',
] as const

/**
 * Makes an image with busybox at /bin/busybox and its applets beside it, as `docker import` does; no registry is
 * needed. `files` are further files of the image by absolute path.
 */
export async function importBusybox(
  socket: string,
  tag: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const path = ['/bin/busybox', '/usr/bin/busybox'].find((each) => existsSync(each))
  const busybox = path === undefined ? null : readFileSync(path)
  if (!busybox || busybox.subarray(0, 4096).includes('/ld-linux'))
    throw new Error('these tests need a busybox without shared libraries: apt-get install busybox-static')
  const tar = pack()
  const mtime = new Date(0)
  for (const folder of ['bin', 'etc', 'root', 'var', 'www'])
    tar.entry({ name: `${folder}/`, type: 'directory', mode: 0o755, mtime })
  tar.entry({ name: 'tmp/', type: 'directory', mode: 0o1777, mtime })
  tar.entry({ name: 'bin/busybox', mode: 0o755, mtime }, busybox)
  for (const applet of applets)
    tar.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox', mtime })
  const contents = {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    '/etc/group': 'root:x:0:\nnobody:x:65534:\n',
    ...files,
  }
  for (const [name, text] of Object.entries(contents))
    tar.entry({ name: name.slice(1), mode: 0o644, mtime }, text)
  tar.finalize()
  const [repository = tag, version = 'latest'] = tag.split(':')
  const answer = await callEngine(
    socket,
    'POST',
    `/images/create?fromSrc=-&repo=${encodeURIComponent(repository)}&tag=${encodeURIComponent(version)}`,
    tar,
  )
  if (JSON.stringify(answer).includes('error'))
    throw new Error(`cannot import busybox: ${JSON.stringify(answer)}`)
}
