// The log does not trust its store, on the real parts: three nats-servers in one cluster keep the stream, three servers keep
// their fsynced copies. All nats-servers are killed at once, what they had written is cut off, and everything that was
// acknowledged is there afterwards.
import { randomBytes } from 'node:crypto'
import {
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordLines } from '../../../test/support/nats.ts'
import type { LineLogger } from '../../../test/support/nats.ts'
import { apiReply, decodeJson, encodeJson, messageOf, parseRecord, subjects } from '../../model/index.ts'
import type { ApiOperation } from '../../model/index.ts'
import { startServer } from '../../server/index.ts'
import { openLogCopy } from '../files/index.ts'
import { freePort, stopProcess, systemClock, systemEntropy, waitFor } from '../host/index.ts'
import { createAuthority, createUserKeys, createVault, issueCertificate } from '../keys/index.ts'
import { connectNats, createTrust, startNatsServer, stopNatsServer, userJwt } from './index.ts'
import type { Credentials, Identity, Nats, NatsServerOptions } from './index.ts'

const ids = ['a', 'b', 'c'] as const
const founders = ids.map((id) => ({ id, name: id, address: null }))
const clusterKey = randomBytes(32)

interface Server {
  readonly id: string
  readonly log: LineLogger
  readonly stop: () => Promise<void>
  isLeading(): boolean
}

let folder: string
let stores: NatsServerOptions[] = []
let authority: ReturnType<typeof createAuthority>
let admin: Nats
const open: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = join('/tmp/gantry-nats', `${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(folder, { recursive: true })
  authority = createAuthority(Date.now())
  const { certificate: ca } = authority.ca
  const ports: { client: number; route: number }[] = []
  while (ports.length < ids.length) ports.push({ client: await freePort(), route: await freePort() })
  const trust = await createTrust(authority)
  stores = ids.map((id, index) => {
    const { client = 0, route = 0 } = ports[index] ?? {}
    return {
      folder: join(folder, `nats-${id}`),
      name: `nats-${id}`,
      listen: `127.0.0.1:${client}`,
      trust,
      tls: { ...issueCertificate(authority.ca, ['127.0.0.1'], Date.now()), ca },
      cluster: {
        advertise: `127.0.0.1:${client}`,
        listen: `127.0.0.1:${route}`,
        advertiseRoute: `127.0.0.1:${route}`,
        routes: ports.filter((_, other) => other !== index).map(({ route: each }) => `127.0.0.1:${each}`),
      },
    }
  })
  await Promise.all(stores.map((store) => startNatsServer(store)))
  admin = await connect({ role: 'caller', name: 'admin' })
})

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
  await Promise.all(stores.map((store) => stopNatsServer(store.folder)))
  rmSync(folder, { recursive: true, force: true })
})

async function connect(identity: Identity, logger = recordLines()): Promise<Nats> {
  const { seed, publicKey } = await createUserKeys(
    join(folder, `${identity.role}-${randomBytes(4).toString('hex')}.nk`),
  )
  const credentials: Credentials = {
    seed,
    jwt: await userJwt(authority, identity, publicKey, null),
    ca: authority.ca.certificate,
  }
  const nats = await connectNats({
    servers: stores.map(({ listen }) => `tls://${listen}`),
    credentials,
    identity,
    name: identity.role,
    logger,
    signal: new AbortController().signal,
    firstWithinMs: 20_000,
  })
  open.push(() => nats.close())
  return nats
}

async function run(id: string): Promise<Server> {
  const over = new AbortController()
  const log = recordLines()
  const roles: string[] = []
  const nats = await connect({ role: 'server' }, log)
  const done = startServer({
    id,
    founders,
    store: nats.log({ replicas: 3 }),
    copy: await openLogCopy(join(folder, id)),
    bus: nats.bus,
    clock: systemClock,
    entropy: systemEntropy,
    vault: createVault(clusterKey),
    logger: log,
    signal: over.signal,
    onRole: (role) => roles.push(role),
  }).catch((error: unknown) => {
    roles.push('ended')
    log.error({ reason: messageOf(error) }, 'ended')
  })
  const stop = async () => {
    over.abort()
    await done
  }
  open.push(stop)
  return { id, log, stop, isLeading: () => roles.at(-1) === 'leader' }
}

async function ask(operation: ApiOperation, body: object, timeoutMs = 60_000): Promise<unknown> {
  const reply = await waitFor(
    async () => {
      const bytes = await admin.bus
        .request(subjects.api('admin', operation), encodeJson(body), { timeoutMs: 3000 })
        .catch(() => null) // nobody leads at the moment
      const tried = bytes && apiReply.safeParse(decodeJson(bytes))
      return tried?.success === true && tried.data.ok ? tried.data : null
    },
    { timeoutMs, what: `an answer to ${operation}` },
  )
  return reply.value
}

const setSecret = (name: string) => ask('secretSet', { stack: 'shop', name, value: 'AAAA' })
async function secrets(): Promise<string[]> {
  const listed = (await ask('secretList', {})) as readonly { readonly address: string }[] // the schema leaves it open
  return listed.map(({ address }) => address.replace('shop/secret:', '')).sort()
}

async function recordsOf(id: string): Promise<string[]> {
  const copy = await openLogCopy(join(folder, id))
  const { records, damage } = await copy.load()
  await copy.close()
  expect(damage).toBeNull()
  return records.map(({ bytes }) => {
    const parsed = parseRecord(bytes)
    return parsed.ok ? parsed.digest : parsed.reason
  })
}

const killStores = () =>
  Promise.all(stores.map(({ folder: of }) => stopProcess(join(of, 'nats.pid'), { signal: 'SIGKILL' })))
const startStores = () => Promise.all(stores.map((store) => startNatsServer(store)))

/** What each nats-server has written of the log, and of what they agreed on about it. */
const filesOfLog = (): string[] =>
  stores.flatMap(({ folder: of }) =>
    globSync(join(of, 'store', '**', '{streams/GANTRY_LOG,_js_/S-*}', 'msgs', '*.blk')),
  )

const storeOf = (store: NatsServerOptions) => join(store.folder, 'store')
const aside = (store: NatsServerOptions) => join(store.folder, 'older')

interface Hurt {
  readonly early?: () => void
  readonly hurt: () => void
  /** Whether the store has lost records then, whatever NATS makes of it. */
  readonly loses?: true
}

/** How the stores are hurt while no nats-server runs; `early` is done after half of what is acknowledged. */
const hurts = {
  'is cut to a half': {
    hurt: () => {
      for (const path of filesOfLog()) truncateSync(path, Math.floor(statSync(path).size / 2))
    },
  },
  'of one has a bit flipped in each file': {
    hurt: () => {
      for (const path of filesOfLog().filter((each) => each.includes('nats-b'))) {
        const bytes = readFileSync(path)
        const middle = bytes.length >> 1
        bytes[middle] = (bytes[middle] ?? 0) ^ 1
        writeFileSync(path, bytes)
      }
    },
  },
  'is put back as it was before': {
    loses: true,
    early: () => stores.forEach((each) => cpSync(storeOf(each), aside(each), { recursive: true })),
    hurt: () => {
      for (const each of stores) {
        rmSync(storeOf(each), { recursive: true })
        cpSync(aside(each), storeOf(each), { recursive: true })
      }
    },
  },
  'is deleted': {
    loses: true,
    hurt: () => stores.forEach((each) => rmSync(storeOf(each), { recursive: true })),
  },
} satisfies Readonly<Record<string, Hurt>>

test.each(Object.entries(hurts))(
  'all nats-servers are killed, and the store %s: what was acknowledged is there',
  async (_, how: Hurt) => {
    const servers = await Promise.all(ids.map((id) => run(id)))
    await waitFor(() => servers.some((each) => each.isLeading()), { timeoutMs: 30_000, what: 'one to lead' })
    for (const name of ['one', 'two', 'three']) await setSecret(name)
    if (how.early) {
      await killStores()
      how.early()
      await startStores()
    }
    for (const name of ['four', 'five', 'six']) await setSecret(name)
    await killStores()
    expect(filesOfLog().length).toBeGreaterThanOrEqual(3)
    how.hurt()
    await startStores()
    await setSecret('seven')
    expect(await secrets()).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven'].sort())
    if (how.loses)
      expect(servers.flatMap(({ log }) => log.lines).join('\n')).toContain(
        'its missing records were put back',
      )
    for (const server of servers) await server.stop()
    const [a = [], ...others] = await Promise.all(ids.map((id) => recordsOf(id)))
    for (const each of others) {
      const least = Math.min(a.length, each.length)
      expect(least).toBeGreaterThan(6)
      expect(each.slice(0, least)).toEqual(a.slice(0, least))
    }
  },
  120_000,
)
