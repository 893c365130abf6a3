// Hosts of a test's own: network namespaces joined by one bridge, each with a folder, an address, programs and, when
// asked for, a Docker daemon. Links between them are cut and healed in any set. Invariant: nothing of them outlives
// `stop`; what a killed test run left (namespaces, bridge, mounts, processes) is cleared away by the next that starts
// some. It never touches a namespace, interface or process that it did not make.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startDockerd, sweepDockerds } from './dockerd.ts'
import type { Dockerd, DockerdOptions } from './dockerd.ts'
import { Program } from './program.ts'
import type { ProgramSpec } from './program.ts'
import { command, killAll, removeFolder, sweepFolders, takeFolder, unmountBelow } from './traces.ts'

/** One folder a set of hosts, named by the second number of its addresses: 10.N.0.0/24. */
const base = '/tmp/gantry-hosts'
const firstRange = 170
const lastRange = 209

export interface Host {
  readonly name: string
  readonly address: string
  readonly folder: string
  /** A program that runs on this host, with its log below the host's folder; it is not started yet. */
  program(spec: Pick<ProgramSpec, 'name' | 'command' | 'args' | 'env'>): Program
  /** A Docker daemon on this host's network, whose containers live on when it dies. */
  startDockerd(options?: DockerdOptions): Promise<Dockerd>
  /** A file system of its own below the host's folder that holds so many bytes. */
  smallDisk(name: string, bytes: number): SmallDisk
  /** Takes the cable out: nobody reaches this host, the test's own machine included, and it reaches nobody. */
  unplug(): void
  plug(): void
}

export interface SmallDisk {
  readonly path: string
  /** Takes all the room that is left. */
  fill(): void
  /** Gives that room back. */
  free(): void
}

export class Hosts implements AsyncDisposable {
  readonly folder: string
  /** The test's own machine, as the hosts see it. */
  readonly address: string
  readonly #number: number
  readonly #hosts = new Map<string, NamespaceHost>()
  readonly #lastResort = (): void => {
    for (const host of this.#hosts.values()) host.killNow()
  }

  private constructor(number: number) {
    this.#number = number
    this.folder = folderOf(number)
    this.address = `10.${number}.0.1`
    process.once('exit', this.#lastResort)
  }

  static start(names: readonly string[]): Hosts {
    requireTools()
    sweepDockerds()
    sweepFolders(base, (entry) => {
      if (/^\d+$/.test(entry)) clear(Number(entry))
      else removeFolder(join(base, entry))
    })
    const hosts = new Hosts(takeRange())
    try {
      hosts.#build(names)
      return hosts
    } catch (error) {
      clear(hosts.#number)
      throw error
    }
  }

  #build(names: readonly string[]): void {
    const bridge = bridgeOf(this.#number)
    command('ip', 'link', 'add', bridge, 'type', 'bridge')
    command('ip', 'addr', 'add', `${this.address}/24`, 'dev', bridge)
    command('ip', 'link', 'set', bridge, 'up')
    // Another daemon of this machine may have set the policy of FORWARD to DROP, which holds for bridges too.
    spawnSync('iptables', ['-w', '-I', ...forwardRule(this.#number)])
    for (const [index, name] of names.entries())
      this.#hosts.set(name, new NamespaceHost(this.folder, this.#number, name, index + 2))
  }

  get(name: string): Host {
    const host = this.#hosts.get(name)
    if (!host) throw new Error(`there is no host ${name}`)
    return host
  }

  /**
   * From now on hosts on different sides do not hear each other; a host on no side hears everybody, and so does the
   * test's own machine. Replaces what was cut before. What is under way is lost without a word, as by a broken switch.
   */
  separate(...sides: readonly (readonly Host[])[]): void {
    for (const host of this.#hosts.values()) {
      const own = sides.find((side) => side.includes(host))
      const others = own ? sides.filter((side) => side !== own).flat() : []
      host.refuse(others.map(({ address }) => address))
    }
  }

  /** Takes every cut between hosts back; cables that were taken out stay out. */
  heal(): void {
    this.separate()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.stop()))
    process.removeListener('exit', this.#lastResort)
    clear(this.#number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

class NamespaceHost implements Host {
  readonly name: string
  readonly address: string
  readonly folder: string
  readonly #namespace: string
  readonly #port: string
  readonly #programs: Program[] = []
  readonly #daemons: Dockerd[] = []

  constructor(below: string, number: number, name: string, last: number) {
    this.name = name
    this.address = `10.${number}.0.${last}`
    this.folder = join(below, name)
    this.#namespace = `${namespacePrefix(number)}${name}`
    this.#port = `${portPrefix(number)}${last}`
    mkdirSync(this.folder)
    command('ip', 'netns', 'add', this.#namespace)
    const inside = (...args: string[]) => command('ip', '-netns', this.#namespace, ...args)
    command('ip', 'link', 'add', this.#port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#namespace)
    command('ip', 'link', 'set', this.#port, 'master', bridgeOf(number), 'up')
    inside('addr', 'add', `${this.address}/24`, 'dev', 'eth0')
    inside('link', 'set', 'eth0', 'up')
    inside('link', 'set', 'lo', 'up')
  }

  program({
    name,
    command: path,
    args,
    env,
  }: Pick<ProgramSpec, 'name' | 'command' | 'args' | 'env'>): Program {
    const program = new Program({
      name: `${name} on ${this.name}`,
      command: 'nsenter',
      args: [`--net=/run/netns/${this.#namespace}`, path, ...args],
      logFile: join(this.folder, `${name}.out`),
      ...(env === undefined ? {} : { env }),
    })
    this.#programs.push(program)
    return program
  }

  async startDockerd(options: DockerdOptions = {}): Promise<Dockerd> {
    const { args = ['--live-restore'] } = options
    const daemon = await startDockerd(this.name, { ...options, args, namespace: this.#namespace })
    this.#daemons.push(daemon)
    return daemon
  }

  smallDisk(name: string, bytes: number): SmallDisk {
    const path = join(this.folder, name)
    mkdirSync(path)
    command('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'gantry-test', path)
    const ballast = join(path, 'ballast')
    return {
      path,
      fill: () => {
        // The status says that it did not all fit, which is what is wanted.
        spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096', `count=${Math.ceil(bytes / 4096)}`])
      },
      free: () => rmSync(ballast, { force: true }),
    }
  }

  unplug(): void {
    command('ip', 'link', 'set', this.#port, 'down')
  }

  plug(): void {
    command('ip', 'link', 'set', this.#port, 'up')
  }

  /** Nothing from these addresses is heard; the others do the same, so that nothing gets through either way. */
  refuse(addresses: readonly string[]): void {
    const rules =
      addresses.length === 0
        ? ''
        : `table inet cut {
  chain heard {
    type filter hook input priority -150
    ip saddr { ${addresses.join(', ')} } drop
  }
}`
    const { status, stderr } = spawnSync(
      'nsenter',
      [`--net=/run/netns/${this.#namespace}`, 'nft', '-f', '-'],
      { input: `table inet cut {}\ndelete table inet cut\n${rules}\n`, encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`nft on ${this.name}: ${stderr}`)
  }

  killNow(): void {
    for (const program of this.#programs) program.killNow()
  }

  async stop(): Promise<void> {
    // First what drives the daemon: an agent would bring containers back.
    await Promise.all(this.#programs.map((program) => program.kill()))
    await Promise.all(this.#daemons.map((daemon) => daemon.stop()))
  }
}

function requireTools(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('these tests make network namespaces, which needs Linux and root')
  for (const tool of ['ip', 'nft', 'nsenter'])
    if (spawnSync(tool, ['--version']).error)
      throw new Error(
        `these tests need ${tool}: apt-get install --no-install-recommends iproute2 nftables util-linux`,
      )
}

function folderOf(number: number): string {
  return join(base, String(number))
}

function bridgeOf(number: number): string {
  return `gantryhosts${number}`
}

function namespacePrefix(number: number): string {
  return `gantry${number}-`
}

function portPrefix(number: number): string {
  return `gh${number}p`
}

function forwardRule(number: number): string[] {
  return ['FORWARD', '-s', `10.${number}.0.0/24`, '-d', `10.${number}.0.0/24`, '-j', 'ACCEPT']
}

function takeRange(): number {
  const size = lastRange - firstRange + 1
  const addresses = command('ip', '-o', '-4', 'addr', 'show')
  for (let step = 0; step < size; step += 1) {
    const number = firstRange + ((process.pid + step) % size)
    if (!addresses.includes(` inet 10.${number}.`) && takeFolder(base, folderOf(number))) return number
  }
  throw new Error(`no free address range for more hosts: look at ${base}`)
}

/** Ends what still runs, and removes every trace of the hosts of this range but the containers of their daemons. */
function clear(number: number): void {
  const namespaces = existsSync('/run/netns')
    ? readdirSync('/run/netns').filter((name) => name.startsWith(namespacePrefix(number)))
    : []
  killAll(() =>
    namespaces.flatMap((name) =>
      spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter((line) => line !== '')
        .map(Number),
    ),
  )
  unmountBelow(folderOf(number))
  for (const name of namespaces) spawnSync('ip', ['netns', 'del', name])
  for (const name of existsSync('/sys/class/net') ? readdirSync('/sys/class/net') : [])
    if (name.startsWith(portPrefix(number))) spawnSync('ip', ['link', 'del', name])
  spawnSync('ip', ['link', 'del', bridgeOf(number)])
  spawnSync('iptables', ['-w', '-D', ...forwardRule(number)])
  removeFolder(folderOf(number))
}

/** For tests of this file: what is on the machine of a set of hosts. */
export function tracesOf(folder: string): string[] {
  const number = Number(folder.split('/').at(-1))
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...(existsSync('/run/netns') ? readdirSync('/run/netns') : []).filter((name) =>
      name.startsWith(namespacePrefix(number)),
    ),
    ...readdirSync('/sys/class/net').filter(
      (name) => name === bridgeOf(number) || name.startsWith(portPrefix(number)),
    ),
    ...command('iptables', '-w', '-S', 'FORWARD')
      .split('\n')
      .filter((line) => line.includes(`10.${number}.0.0/24`)),
  ]
}
