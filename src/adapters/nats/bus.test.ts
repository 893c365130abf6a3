// The bus against the real nats-server.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BusError, decodeJson, encodeJson, subjects } from '../../model/index.ts'
import { waitFor } from '../host/index.ts'
import { recordLines, startNats } from '../../../test/support/nats.ts'
import type { TestNats } from '../../../test/support/nats.ts'
import type { Nats } from './index.ts'

let nats: TestNats
let server: Nats
let agent: Nats

const hello = subjects.node('n1', 'hello')
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => new TextDecoder().decode(data)

beforeAll(async () => {
  nats = await startNats()
  server = await nats.connect({ role: 'server' })
  agent = await nats.connect({ role: 'node', id: 'n1' })
})
afterAll(() => nats.stop())

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof BusError)) throw new Error(`not a BusError: ${String(error)}`)
  return error.failure
}

/** A subscription is in force once the server has answered what was sent behind it. */
async function settled(connection: Nats): Promise<void> {
  await connection.bus.request('$JS.API.INFO', bytes(''), { timeoutMs: 2000 })
}

describe('request and serve', () => {
  test('an answer comes back with the bytes of the handler', async () => {
    const service = server.bus.serve(subjects.anyNode('hello'), async ({ subject, data }) =>
      encodeJson({ subject, got: text(data) }),
    )
    await settled(server)
    const answer = await agent.bus.request(hello, bytes('good day'), { timeoutMs: 2000 })
    expect(decodeJson(answer)).toEqual({ subject: hello, got: 'good day' })
    service.close()
  })

  test('nobody there is no-responders at once, null is a timeout, an abort is its reason', async () => {
    await settled(server)
    const before = performance.now()
    expect(await failureOf(agent.bus.request(hello, bytes(''), { timeoutMs: 5000 }))).toBe('no-responders')
    expect(performance.now() - before).toBeLessThan(1000)

    const service = server.bus.serve(hello, async () => null)
    await settled(server)
    expect(await failureOf(agent.bus.request(hello, bytes(''), { timeoutMs: 50 }))).toBe('timeout')
    const over = new AbortController()
    const asked = agent.bus.request(hello, bytes(''), { timeoutMs: 5000, signal: over.signal })
    over.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    service.close()
  })

  test('a request without the right to ask is denied at once', async () => {
    const before = performance.now()
    const asked = agent.bus.request(subjects.node('n2', 'report'), bytes(''), { timeoutMs: 5000 })
    expect(await failureOf(asked)).toBe('denied')
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('a request and an answer that are too large are called so', async () => {
    const big = new Uint8Array(9 * 1024 * 1024)
    expect(await failureOf(agent.bus.request(hello, big, { timeoutMs: 2000 }))).toBe('too-large')
    const service = server.bus.serve(hello, async () => big)
    await settled(server)
    expect(await failureOf(agent.bus.request(hello, bytes(''), { timeoutMs: 2000 }))).toBe('too-large')
    service.close()
  })

  test('handlers of one subscription run at the same time, and a failed one is reported', async () => {
    const logger = recordLines()
    const second = await nats.connect({ role: 'server' }, logger)
    const gate = Promise.withResolvers<undefined>()
    let running = 0
    const service = second.bus.serve(hello, async ({ data }) => {
      if (text(data) === 'bad') throw new Error('a bug')
      if (++running === 20) gate.resolve(undefined)
      await gate.promise
      return data
    })
    await settled(second)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        agent.bus.request(hello, bytes(String(index)), { timeoutMs: 2000 }).then(text),
      ),
    )
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
    expect(await failureOf(agent.bus.request(hello, bytes('bad'), { timeoutMs: 50 }))).toBe('timeout')
    expect(logger.lines.join('\n')).toContain('a handler failed')
    service.close()
  })
})

test('without a connection a request fails at once, also one under way, and a subscription comes back', async () => {
  const service = server.bus.serve(hello, async ({ data }) => (text(data) === 'wait' ? null : data))
  await settled(server)
  const underWay = failureOf(agent.bus.request(hello, bytes('wait'), { timeoutMs: 60_000 }))
  await nats.kill()
  expect(await underWay).toBe('disconnected')
  await waitFor(() => !agent.isConnected && !server.isConnected, { timeoutMs: 5000, what: 'the break' })
  const before = performance.now()
  expect(await failureOf(agent.bus.request(hello, bytes(''), { timeoutMs: 60_000 }))).toBe('disconnected')
  expect(performance.now() - before).toBeLessThan(100)
  agent.bus.publish(hello, bytes('dropped')) // says nothing

  await nats.restart()
  const answer = await waitFor(
    () => agent.bus.request(hello, bytes('back'), { timeoutMs: 1000 }).catch(() => null),
    { timeoutMs: 10_000, what: 'an answer after the restart' },
  )
  expect(text(answer)).toBe('back')
  service.close()
})

test('a server that is frozen is taken for lost within seconds', async () => {
  const pid = await nats.pid()
  process.kill(pid, 'SIGSTOP')
  try {
    // The signal is sent, not yet obeyed: until it is, the server could still say that nobody answers.
    const isFrozen = () => / \(.*\) T /s.test(` ${readFileSync(`/proc/${pid}/stat`, 'utf8')}`)
    await waitFor(isFrozen, { timeoutMs: 10_000, what: 'the server to be frozen' })
    const asked = agent.bus.request(hello, bytes(''), { timeoutMs: 60_000 })
    expect(await failureOf(asked)).toBe('disconnected')
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await waitFor(() => agent.isConnected && server.isConnected, { timeoutMs: 15_000, what: 'the connections' })
})
