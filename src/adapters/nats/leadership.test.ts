// Servers of the control plane on the real parts: nats-server, the fsynced copy of the log, the vault. They lead, are
// killed, take over, and mend a store that lost its data.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordLines, startNats } from '../../../test/support/nats.ts'
import type { LineLogger, TestNats } from '../../../test/support/nats.ts'
import { apiReply, decodeJson, encodeJson, parseRecord, subjects } from '../../model/index.ts'
import type { ApiOperation, ApiReply, ClusterView } from '../../model/index.ts'
import { startServer } from '../../server/index.ts'
import { openLogCopy } from '../files/index.ts'
import { systemClock, systemEntropy, waitFor } from '../host/index.ts'
import { createVault } from '../keys/index.ts'
import type { Nats } from './index.ts'

let nats: TestNats
let folder: string
let admin: Nats
const clusterKey = randomBytes(32)
const running: Running[] = []
const children: ChildProcess[] = []

beforeEach(async () => {
  nats = await startNats()
  folder = await mkdtemp(join(tmpdir(), 'gantry-lead-'))
  admin = await nats.connect({ role: 'caller', name: 'admin' })
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const server of running.splice(0)) await server.stop()
  await nats.stop()
  await rm(folder, { recursive: true })
})

interface Running {
  readonly id: string
  readonly roles: readonly string[]
  readonly log: LineLogger
  isLeading(): boolean
  stop(): Promise<void>
}

const founders = (ids: readonly string[]) => ids.map((id) => ({ id, name: id, address: null }))

/** `among` are the servers that count in a new log. */
async function run(id: string, among: readonly string[] = [id]): Promise<Running> {
  const over = new AbortController()
  const logger = recordLines()
  const roles: string[] = []
  const connection = await nats.connect({ role: 'server' }, logger)
  const done = startServer({
    id,
    founders: founders(among),
    store: connection.log(),
    copy: await openLogCopy(join(folder, id)),
    bus: connection.bus,
    clock: systemClock,
    entropy: systemEntropy,
    vault: createVault(clusterKey),
    logger,
    signal: over.signal,
    onRole: (role, term) => roles.push(`${role} ${term}`),
  })
  const server: Running = {
    id,
    roles,
    log: logger,
    isLeading: () => roles.at(-1)?.startsWith('leader') ?? false,
    stop: async () => {
      over.abort()
      await done
      await connection.close()
    },
  }
  done.catch((error: unknown) => {
    logger.error({ reason: String(error) }, 'ended')
    roles.push('ended')
  })
  running.push(server)
  return server
}

async function runLeading(id: string): Promise<Running> {
  const server = await run(id)
  await waitFor(() => server.isLeading(), {
    timeoutMs: 10_000,
    what: `${id} to lead: ${server.roles.join()} ${server.log.lines.join()}`,
  })
  return server
}

async function ask(operation: ApiOperation, body: object): Promise<ApiReply> {
  const answer = await admin.bus.request(subjects.api('admin', operation), encodeJson(body), {
    timeoutMs: 5000,
  })
  return apiReply.parse(decodeJson(answer))
}

/** Asks until somebody who leads has answered. */
async function askLeader(operation: ApiOperation, body: object): Promise<unknown> {
  const reply = await waitFor(
    async () => {
      const tried = await ask(operation, body).catch(() => null)
      return tried?.ok === true ? tried : null
    },
    { timeoutMs: 20_000, what: `an answer to ${operation}` },
  )
  return reply.value
}

const setSecret = (name: string) =>
  askLeader('secretSet', { stack: 'shop', name, value: Buffer.from(`value of ${name}`).toString('base64') })
const view = async () => (await askLeader('status', {})) as ClusterView // the schema of answers leaves the value open

async function secretsOf(): Promise<string[]> {
  const listed = (await askLeader('secretList', {})) as readonly { readonly address: string }[] // as above
  return listed.map(({ address }) => address)
}

/** The records of a copy, checked as a chain. */
async function recordsOf(id: string): Promise<string[]> {
  const copy = await openLogCopy(join(folder, id))
  const { records, damage } = await copy.load()
  await copy.close()
  expect(damage).toBeNull()
  let digest = '0'.repeat(64)
  return records.map(({ seq, bytes }, index) => {
    const parsed = parseRecord(bytes)
    if (!parsed.ok) throw new Error(parsed.reason)
    expect([seq, parsed.record.prev]).toEqual([index + 1, digest])
    digest = parsed.digest
    return parsed.record.kind
  })
}

test('a server leads, stops, starts again, and has everything that was committed', async () => {
  const first = await runLeading('a')
  await setSecret('one')
  const before = await view()
  expect(before).toMatchObject({ term: 1, leader: 'a' })
  await first.stop()
  expect(await recordsOf('a')).toHaveLength(before.seq)

  await runLeading('a')
  const after = await view()
  expect(after).toMatchObject({ term: 2, leader: 'a', cluster: before.cluster })
  expect(await secretsOf()).toEqual(['shop/secret:one'])
})

test('one of two others takes over when the process of the leader is killed', async () => {
  const among = ['a', 'b', 'c']
  const servers = among.map((id) => spawnServer(id, among))
  const leaderOf = () => servers.find(({ isLeading }) => isLeading())
  const first = await waitFor(leaderOf, { timeoutMs: 20_000, what: 'one to lead' })
  await setSecret('one')
  const before = await view()
  expect(before.leader).toBe(first.id)

  first.child.kill('SIGKILL')
  const killedAt = performance.now()
  const others = servers.filter((each) => each !== first)
  await waitFor(() => others.some(({ isLeading }) => isLeading()), {
    timeoutMs: 10_000,
    everyMs: 5,
    what: 'one of the others to lead',
  })
  // Silence of 1 to 2 s, two questions to the other, two writes to the disk, and one append.
  expect(performance.now() - killedAt).toBeLessThan(4000)
  expect(await secretsOf()).toEqual(['shop/secret:one'])
  expect((await view()).term).toBeGreaterThan(before.term)
  for (const { child } of others) child.kill('SIGKILL')
  const [a = [], ...more] = await Promise.all(among.map((id) => recordsOf(id)))
  for (const each of more) {
    const least = Math.min(a.length, each.length)
    expect(least).toBeGreaterThanOrEqual(before.seq)
    expect(each.slice(0, least)).toEqual(a.slice(0, least))
  }
})

interface Spawned {
  readonly id: string
  readonly child: ChildProcess
  readonly isLeading: () => boolean
}

function spawnServer(id: string, among: readonly string[]): Spawned {
  const child = spawn(process.execPath, ['--input-type=module', '-e', programOf(id, among)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return { id, child, isLeading: () => /leader \d+\n$/.test(said) }
}

/** A server in a process of its own. */
function programOf(id: string, among: readonly string[]): string {
  const from = (path: string) => JSON.stringify(join(import.meta.dirname, '../..', path))
  return `
    import { startServer } from ${from('server/index.ts')}
    import { openLogCopy } from ${from('adapters/files/index.ts')}
    import { createLogger, systemClock, systemEntropy } from ${from('adapters/host/index.ts')}
    import { createVault } from ${from('adapters/keys/index.ts')}
    import { connectNats } from ${from('adapters/nats/index.ts')}
    const logger = createLogger({ name: 'server', level: 'error' })
    const { signal } = new AbortController()
    const nats = await connectNats({ servers: ['${nats.url}'], credentials: ${JSON.stringify(nats.credentials({ role: 'server' }))},
      identity: { role: 'server' }, name: 'a', logger, signal })
    await startServer({ id: '${id}', founders: ${JSON.stringify(founders(among))}, store: nats.log(), copy: await openLogCopy('${join(folder, id)}'), bus: nats.bus,
      clock: systemClock, entropy: systemEntropy, vault: createVault(Buffer.from('${clusterKey.toString('hex')}', 'hex')),
      logger, signal, onRole: (role, term) => console.log(role, term) })`
}

test('a server goes on when nats-server is killed and comes back', async () => {
  const server = await runLeading('a')
  await setSecret('one')
  await nats.kill()
  await nats.restart()
  await setSecret('two')
  expect(await secretsOf()).toEqual(['shop/secret:one', 'shop/secret:two'])
  await server.stop()
  await recordsOf('a')
})

test('a store whose data were deleted gets the records back from the copy when the server starts', async () => {
  const first = await runLeading('a')
  await setSecret('one')
  await setSecret('two')
  await first.stop()
  const before = await recordsOf('a')
  await nats.kill()
  nats.wipe()
  await nats.restart()
  const again = await runLeading('a')
  expect(again.log.lines.join('\n')).toContain('its missing records were put back')
  expect(await secretsOf()).toEqual(['shop/secret:one', 'shop/secret:two'])
  await again.stop()
  expect((await recordsOf('a')).slice(0, before.length)).toEqual(before)
})

test('a store whose data were deleted gets the records back from the copy while the server runs', async () => {
  const server = await runLeading('a')
  await setSecret('one')
  await nats.kill()
  nats.wipe()
  await nats.restart()
  await setSecret('two')
  expect(server.log.lines.join('\n')).toContain('its missing records were put back')
  expect(await secretsOf()).toEqual(['shop/secret:one', 'shop/secret:two'])
  await server.stop()
  await recordsOf('a')
})

test('a copy that was lost is made again from the store; one that was torn is mended', async () => {
  const first = await runLeading('a')
  await setSecret('one')
  await first.stop()
  const before = await recordsOf('a')
  const { truncate } = await import('node:fs/promises')
  await truncate(join(folder, 'a'), 500)
  const second = await runLeading('a')
  await second.stop()
  expect((await recordsOf('a')).slice(0, before.length)).toEqual(before)
  await rm(join(folder, 'a'))
  const third = await runLeading('a')
  expect(await secretsOf()).toEqual(['shop/secret:one'])
  await third.stop()
  expect((await recordsOf('a')).slice(0, before.length)).toEqual(before)
})
