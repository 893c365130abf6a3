import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { prober } from './index.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

async function listen(server: Server): Promise<{ ip: string; port: number }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  open.push({
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { ip: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

const http = (listener: RequestListener) => listen(createHttpServer(listener))
const raw = (serve: (socket: Socket) => void) => listen(createServer(serve))

async function closedPort(): Promise<{ ip: string; port: number }> {
  const server = createServer()
  const target = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return target
}

test.each([
  { status: 200, ok: true },
  { status: 204, ok: true },
  { status: 302, ok: true },
  { status: 404, ok: false },
  { status: 503, ok: false },
])('an answer with status $status is $ok', async ({ status, ok }) => {
  const paths: (string | undefined)[] = []
  const target = await http((request, response) => {
    paths.push(request.url)
    response.writeHead(status, { Location: '/elsewhere' }).end('a body')
  })
  const outcome = await prober.http({ ...target, path: '/healthz?a=b' }, 1000)
  expect(outcome).toEqual({ ok, message: ok ? null : `/healthz?a=b answered with status ${status}` })
  expect(paths).toEqual(['/healthz?a=b'])
})

test('a body without end is not read', async () => {
  const target = await http((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 1)
    response.on('close', () => clearInterval(timer))
    response.on('error', () => undefined)
  })
  expect(await prober.http({ ...target, path: '/' }, 1000)).toEqual({ ok: true, message: null })
})

test('says what came instead of an answer', async () => {
  const why = async (target: { ip: string; port: number }) =>
    (await prober.http({ ...target, path: '/' }, 300)).message
  expect(await why(await closedPort())).toBe('connection refused')
  expect(await why(await raw((socket) => socket.end('hello\r\n\r\n')))).toBe('what it answered is not HTTP')
  expect(await why(await raw((socket) => socket.resetAndDestroy()))).toBe(
    'the connection was closed before it answered',
  )
  expect(await why(await raw((socket) => socket.end()))).toBe('the connection was closed before it answered')
  expect(await why(await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}`)))).toBe(
    'the head of the answer is larger than 16384 bytes',
  )
  expect((await prober.http({ ...(await closedPort()), path: '/a b\r\nX: y' }, 300)).ok).toBe(false)
})

test.each(['nothing at all', 'half a head', 'one byte at a time'])(
  'the timeout holds when there comes %s',
  async (what) => {
    const target = await raw((socket) => {
      if (what === 'half a head') socket.write('HTTP/1.1 200 OK\r\n')
      if (what !== 'one byte at a time') return
      const timer = setInterval(() => socket.write('H'), 20)
      socket.once('close', () => clearInterval(timer))
    })
    const started = performance.now()
    const outcome = await prober.http({ ...target, path: '/' }, what === 'one byte at a time' ? 15 : 200)
    expect(outcome.ok).toBe(false)
    expect(performance.now() - started).toBeLessThan(400)
  },
)

test('a hundred probes leave no connection behind', async () => {
  const connections = new Set<Socket>()
  const target = await raw((socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    socket.resume()
    socket.on('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n'),
    )
  })
  for (let count = 0; count < 50; count += 1) {
    expect((await prober.http({ ...target, path: '/' }, 1000)).ok).toBe(true)
    expect((await prober.tcp(target, 1000)).ok).toBe(true)
  }
  await expect.poll(() => connections.size).toBe(0)
})

test('a TCP probe is well when somebody listens', async () => {
  expect(await prober.tcp(await raw(() => undefined), 300)).toEqual({ ok: true, message: null })
  expect(await prober.tcp(await closedPort(), 300)).toEqual({ ok: false, message: 'connection refused' })
})

describe('a gRPC probe', () => {
  /** A health service that answers for some services, with the message and trailers of the protocol. */
  async function healthService(answers: Readonly<Record<string, number>>, code = 0) {
    const asked: { path: unknown; service: string }[] = []
    const server = createHttp2Server()
    server.on('stream', (stream, headers) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const service = Buffer.concat(parts).subarray(7).toString()
        asked.push({ path: headers[':path'], service })
        const status = answers[service]
        const known = status !== undefined && code === 0
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () =>
          stream.sendTrailers({ 'grpc-status': String(known ? 0 : code === 0 ? 5 : code) }),
        )
        const message = Buffer.from(status === 0 || !known ? [] : [0x08, status])
        const head = Buffer.alloc(5)
        head.writeUInt32BE(message.length, 1)
        stream.end(known ? Buffer.concat([head, message]) : Buffer.alloc(0))
      })
    })
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    open.push({
      close: () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      },
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { target: { ip: '127.0.0.1', port: (server.address() as AddressInfo).port }, asked, sockets }
  }

  const why = async (target: { ip: string; port: number }, service?: string) =>
    (await prober.grpc({ ...target, service }, 500)).message

  test('is well when the service asked for is serving, and says what it is otherwise', async () => {
    const long = 'shop.'.repeat(40)
    const { target, asked } = await healthService({ '': 1, 'shop.Cart': 2, 'shop.New': 0 })
    expect(await prober.grpc({ ...target, service: undefined }, 1000)).toEqual({ ok: true, message: null })
    expect(await why(target, 'shop.Cart')).toBe('the health service says NOT_SERVING')
    expect(await why(target, 'shop.New')).toBe('the health service says UNKNOWN')
    expect(await why(target, long)).toBe('the health service does not know the service')
    expect(asked.map(({ path }) => path)).toEqual(
      Array.from({ length: 4 }, () => '/grpc.health.v1.Health/Check'),
    )
    expect(asked.map(({ service }) => service).slice(0, 3)).toEqual(['', 'shop.Cart', 'shop.New'])
  })

  test('says what came instead of an answer, within its timeout', async () => {
    expect(await why((await healthService({}, 12)).target)).toBe('there is no health service of gRPC')
    expect(await why(await closedPort())).toBe('connection refused')
    expect(await why(await http((_, response) => response.end('hello')))).toMatch(/HTTP\/2|closed/)
    const started = performance.now()
    expect(await why(await raw(() => undefined))).toBe('no answer within 500 ms')
    expect(performance.now() - started).toBeLessThan(900)
  })

  test('leaves no connection behind', async () => {
    const { target, sockets } = await healthService({ '': 1 })
    for (let count = 0; count < 30; count += 1)
      expect((await prober.grpc({ ...target, service: undefined }, 1000)).ok).toBe(true)
    await expect.poll(() => sockets.size).toBe(0)
  })
})
