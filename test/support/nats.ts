// A real nats-server of a test's own, with gantry's configuration: its data are below one folder, its port is free.
// Invariant: nothing of it outlives `stop`; what a killed test run left behind is cleared away by the next that starts
// a server. It never touches a server that it did not make.

import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, readProcess, stopProcess } from '../../src/adapters/host/index.ts'
import { createAuthority, createUserKeys, issueCertificate } from '../../src/adapters/keys/index.ts'
import {
  connectNats,
  createTrust,
  startNatsServer,
  stopNatsServer,
  userJwt,
} from '../../src/adapters/nats/index.ts'
import type { Credentials, Identity, Nats, NatsServerOptions } from '../../src/adapters/nats/index.ts'
import type { AuthorityKeys, Logger } from '../../src/model/index.ts'

/** One folder a server, named by the process that runs the test. */
const base = '/tmp/gantry-nats'

export interface TestNatsOptions {
  /** Nodes that may connect; default `n1` and `n2`. */
  readonly nodes?: readonly string[]
  /** Callers that may connect; default `admin` and `other`. */
  readonly callers?: readonly string[]
}

export type PlainCredentials = Credentials & { readonly jwt: string }

export interface TestNats extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly folder: string
  pid(): Promise<number>
  readonly authority: AuthorityKeys
  /** As they can be given to another process. */
  credentials(identity: Identity): PlainCredentials
  /** A connection that `stop` closes. */
  connect(identity: Identity, logger?: Logger): Promise<Nats>
  /** SIGKILL, as a crash does; resolves when the process is gone. */
  kill(): Promise<void>
  /** Starts it again after `kill`; resolves when it takes connections. */
  restart(): Promise<void>
  /** Deletes its data; only between `kill` and `restart`. */
  wipe(): void
  /** Closes the connections, ends the server, removes its files. */
  stop(): Promise<void>
}

/** Starts a server and waits until it takes connections. */
export async function startNats({
  nodes = ['n1', 'n2'],
  callers = ['admin', 'other'],
}: TestNatsOptions = {}): Promise<TestNats> {
  await sweep()
  const folder = join(base, `${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(folder, { recursive: true })
  const identities: readonly Identity[] = [
    { role: 'server' },
    ...nodes.map((id): Identity => ({ role: 'node', id })),
    ...callers.map((name): Identity => ({ role: 'caller', name })),
  ]
  const authority = createAuthority(Date.now())
  const { certificate: ca } = authority.ca
  const known = new Map<string, PlainCredentials>()
  for (const identity of identities) {
    const { seed, publicKey } = await createUserKeys(join(folder, 'keys', `${keyOf(identity)}.nk`))
    known.set(keyOf(identity), { seed, jwt: await userJwt(authority, identity, publicKey, null), ca })
  }
  const port = await freePort()
  const server = new Server(authority, known, {
    folder,
    name: 'test',
    listen: `127.0.0.1:${port}`,
    trust: await createTrust(authority),
    tls: { ...issueCertificate(authority.ca, [], Date.now()), ca },
  })
  await server.restart()
  return server
}

class Server implements TestNats {
  readonly authority: AuthorityKeys
  readonly #options: NatsServerOptions
  readonly #known: ReadonlyMap<string, PlainCredentials>
  readonly #connections: Nats[] = []

  constructor(
    authority: AuthorityKeys,
    known: ReadonlyMap<string, PlainCredentials>,
    options: NatsServerOptions,
  ) {
    this.authority = authority
    this.#known = known
    this.#options = options
  }

  get folder(): string {
    return this.#options.folder
  }

  get port(): number {
    return Number(this.#options.listen.split(':')[1])
  }

  get url(): string {
    return `tls://127.0.0.1:${this.port}`
  }

  async pid(): Promise<number> {
    const found = await readProcess(this.#pidFile)
    if (found.state === 'gone') throw new Error('the nats-server of the test does not run')
    return found.pid
  }

  credentials(identity: Identity): PlainCredentials {
    const found = this.#known.get(keyOf(identity))
    if (found === undefined) throw new Error(`the nats-server of the test knows no ${keyOf(identity)}`)
    return found
  }

  async connect(identity: Identity, logger: Logger = recordLines()): Promise<Nats> {
    const nats = await connectNats({
      servers: [this.url],
      credentials: this.credentials(identity),
      identity,
      name: `test ${keyOf(identity)}`,
      logger,
      signal: new AbortController().signal,
      firstWithinMs: 10_000,
    })
    this.#connections.push(nats)
    return nats
  }

  async kill(): Promise<void> {
    await stopProcess(this.#pidFile, { signal: 'SIGKILL' })
  }

  async restart(): Promise<void> {
    await startNatsServer(this.#options)
  }

  wipe(): void {
    rmSync(join(this.folder, 'store'), { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connections.map((each) => each.close()))
    await stopNatsServer(this.folder)
    rmSync(this.folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #pidFile(): string {
    return join(this.folder, 'nats.pid')
  }
}

export interface LineLogger extends Logger {
  /** `warn the message {"field":1}` */
  readonly lines: readonly string[]
}

/** A logger that keeps what it is told, for a test to look at. */
export function recordLines(): LineLogger {
  const lines: string[] = []
  const note = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  }
  return { lines, debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
}

function keyOf(identity: Identity): string {
  switch (identity.role) {
    case 'server':
      return 'server'
    case 'node':
      return `node-${identity.id}`
    case 'caller':
      return `caller-${identity.name}`
    case 'joiner':
      return `joiner-${identity.token}`
    case 'steward':
      return 'steward'
  }
}

/** Ends servers, and removes folders, of test runs that are gone. */
async function sweep(): Promise<void> {
  mkdirSync(base, { recursive: true })
  for (const name of readdirSync(base)) {
    const owner = Number(name.split('-')[0])
    if (isAlive(owner)) continue
    await stopNatsServer(join(base, name))
    rmSync(join(base, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
