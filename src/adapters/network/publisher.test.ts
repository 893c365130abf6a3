import { createHash } from 'node:crypto'
import { Agent, createServer as createHttpServer, get } from 'node:http'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { Backend, Publisher } from '../../agent/index.ts'
import { createPublisher } from './index.ts'
import type { PublisherOptions } from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Served {
  readonly backend: Backend
  readonly sockets: Set<Socket>
  /** Connections it has ever had. */
  readonly count: () => number
  readonly stop: () => Promise<void>
}

async function serve(task: string, server: Server): Promise<Served> {
  const sockets = new Set<Socket>()
  let count = 0
  server.on('connection', (socket: Socket) => {
    count += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  cleanups.push(stop)
  return { backend: { task, ip: '127.0.0.1', port }, sockets, count: () => count, stop }
}

/** Answers with its name as soon as it has read the client's end. */
const named = (task: string) =>
  serve(
    task,
    createServer({ allowHalfOpen: true }, (socket) => socket.resume().on('end', () => socket.end(task))),
  )

function publish(options: PublisherOptions = {}): Publisher {
  const publisher = createPublisher({ bind: '127.0.0.1', ...options })
  cleanups.push(() => publisher.close())
  return publisher
}

async function freePort(): Promise<number> {
  const { backend, stop } = await serve('none', createServer())
  await stop()
  return backend.port
}

/** What comes back for what is sent; `reset` when the connection was broken off. */
function exchange(port: number, message = ''): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => (answer += part))
    socket.on('end', () => resolve(answer))
    socket.on('error', (error) =>
      resolve('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'reset'),
    )
    socket.end(message)
  })
}

test('connections go to the backends in turn', async () => {
  const [a, b, c] = await Promise.all([named('a'), named('b'), named('c')])
  const publisher = publish()
  const port = await freePort()
  expect(await publisher.set(new Map([[port, [a.backend, b.backend, c.backend]]]))).toEqual(new Map())
  const answers: string[] = []
  for (let count = 0; count < 6; count += 1) answers.push(await exchange(port))
  expect(answers.slice(0, 3).sort()).toEqual(['a', 'b', 'c'])
  expect(answers.slice(3)).toEqual(answers.slice(0, 3))
})

test('a backend that refuses is skipped, and one that is not there does not hold others up', async () => {
  const [a, gone] = await Promise.all([named('a'), named('gone')])
  await gone.stop()
  const publisher = publish()
  const port = await freePort()
  // 192.0.2.0/24 is for documentation: there is nobody who could refuse.
  const nowhere = { task: 'nowhere', ip: '192.0.2.123', port: 9 }
  await publisher.set(new Map([[port, [gone.backend, nowhere, a.backend]]]))
  const started = performance.now()
  for (let count = 0; count < 20; count += 1) expect(await exchange(port)).toBe('a')
  expect(performance.now() - started).toBeLessThan(2000)
})

test('a backend that breaks off before a byte went either way is replaced by another', async () => {
  // A moment later, so that the connection was there: a refused one is another case.
  const broken = await serve(
    'broken',
    createServer((socket) => setTimeout(() => socket.resetAndDestroy(), 20)),
  )
  const a = await serve(
    'a',
    createServer((socket) => socket.once('data', (data) => socket.end(`a: ${data.toString()}`))),
  )
  const publisher = publish()
  const port = await freePort()
  await publisher.set(new Map([[port, [broken.backend, a.backend]]]))
  for (let count = 0; count < 4; count += 1) {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', reject)
      socket.once('data', (data) => resolve(data.toString()))
      // A client that speaks at once may lose its words with the backend that took them.
      setTimeout(() => socket.write('hello'), 100)
    })
    expect(answer).toBe('a: hello')
  }
  expect(broken.count()).toBeGreaterThan(0)
})

test('what is sent arrives whole, in order and with its end, both ways at once', async () => {
  const echo = await serve(
    'echo',
    createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)),
  )
  const publisher = publish()
  const port = await freePort()
  await publisher.set(new Map([[port, [echo.backend]]]))
  const sent = createHash('sha256')
  const received = createHash('sha256')
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let size = 0
  const over = new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('end', resolve)
  })
  socket.on('data', (part) => {
    received.update(part)
    size += part.length
  })
  for (let block = 0; block < 256; block += 1) {
    const part = Buffer.alloc(64 * 1024 - 7, block)
    sent.update(part)
    if (!socket.write(part)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.end()
  await over
  expect(size).toBe(256 * (64 * 1024 - 7))
  expect(received.digest('hex')).toBe(sent.digest('hex'))
})

test('a slow reader slows the sender down', async () => {
  let accepted = 0
  const server = createServer((socket) => {
    const pour = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(64 * 1024))) accepted += 64 * 1024
    }
    socket.on('drain', pour)
    pour()
  })
  const flood = await serve('flood', server)
  const publisher = publish()
  const port = await freePort()
  await publisher.set(new Map([[port, [flood.backend]]]))
  const socket = connect(port, '127.0.0.1')
  await new Promise((resolve) => socket.once('readable', resolve))
  let before = -1
  await expect
    .poll(
      () => {
        const still = accepted === before
        before = accepted
        return still
      },
      { interval: 200, timeout: 10_000 },
    )
    .toBe(true)
  expect(accepted).toBeLessThan(64 * 1024 ** 2) // kernel buffers on four sockets, and little of ours
  socket.destroy()
  await expect.poll(() => flood.sockets.size).toBe(0)
})

test('a broken connection arrives as a broken one, from either side', async () => {
  const half = await serve(
    'half',
    createServer((socket) =>
      socket.write('half an answer', () => setTimeout(() => socket.resetAndDestroy(), 50)),
    ),
  )
  const publisher = publish()
  const port = await freePort()
  await publisher.set(new Map([[port, [half.backend]]]))
  expect(await exchange(port, 'question')).toBe('reset')

  const errors: string[] = []
  const patient = await serve(
    'patient',
    createServer((socket) => socket.on('error', (error) => errors.push(error.message)).resume()),
  )
  await publisher.set(new Map([[port, [patient.backend]]]))
  const socket = connect(port, '127.0.0.1')
  socket.write('x')
  await expect.poll(() => patient.sockets.size).toBe(1)
  socket.resetAndDestroy()
  await expect.poll(() => errors.length).toBe(1)
  expect(errors[0]).toContain('ECONNRESET')
})

test('a port that is busy comes back with words, and opens with a later set', async () => {
  const a = await named('a')
  const other = await serve('other', createServer())
  const publisher = publish()
  const { port } = other.backend
  const ports = new Map([[port, [a.backend]]])
  expect(await publisher.set(ports)).toEqual(
    new Map([
      [
        port,
        expect.stringMatching(
          /^another program listens on it \(ss -ltnp .*\); stop it, or publish another port$/,
        ),
      ],
    ]),
  )
  await other.stop()
  expect(await publisher.set(ports)).toEqual(new Map())
  expect(await exchange(port)).toBe('a')
  expect(await publish({ bind: '192.0.2.1' }).set(ports)).toEqual(
    new Map([[port, 'this host has no address 192.0.2.1']]),
  )
})

test('a port that is no longer declared closes, and opens again', async () => {
  const a = await named('a')
  const publisher = publish()
  const port = await freePort()
  const ports = new Map([[port, [a.backend]]])
  const sets = [
    publisher.set(ports),
    publisher.set(new Map()),
    publisher.set(ports),
    publisher.set(new Map()),
  ]
  expect(await Promise.all(sets)).toEqual(sets.map(() => new Map()))
  await expect.poll(() => exchange(port)).toBe('refused')
  await publisher.set(ports)
  expect(await exchange(port)).toBe('a')
})

test('connections wait for the first backend for a while, then are broken off', async () => {
  const a = await named('a')
  const publisher = publish({ limits: { holdMs: 600 } })
  const port = await freePort()
  await publisher.set(new Map([[port, []]]))
  const waiting = [exchange(port), exchange(port)]
  await sleep(200)
  await publisher.set(new Map([[port, [a.backend]]]))
  expect(await Promise.all(waiting)).toEqual(['a', 'a'])

  await publisher.set(new Map([[port, []]]))
  const started = performance.now()
  expect(await exchange(port)).toBe('reset')
  const waited = performance.now() - started
  expect(waited).toBeGreaterThan(500)
  expect(waited).toBeLessThan(1500)
})

test('a connection that waits for a backend that refuses gets it as soon as it listens', async () => {
  const publisher = publish()
  const [port, target] = [await freePort(), await freePort()]
  await publisher.set(new Map([[port, [{ task: 'late', ip: '127.0.0.1', port: target }]]]))
  const answer = exchange(port)
  await sleep(300)
  const server = createServer((socket) => socket.end('late'))
  await new Promise<void>((resolve) => server.listen(target, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  expect(await answer).toBe('late')
})

test('drain waits for the answer that is under way, and no new connection comes meanwhile', async () => {
  const slow = await serve(
    'slow',
    createServer({ allowHalfOpen: true }, (socket) =>
      socket.resume().on('end', () => setTimeout(() => socket.end('slow'), 1500)),
    ),
  )
  const b = await named('b')
  const publisher = publish()
  const port = await freePort()
  await publisher.set(new Map([[port, [slow.backend]]]))
  const answer = exchange(port, 'a question')
  await expect.poll(() => slow.sockets.size).toBe(1)
  await publisher.set(new Map([[port, [b.backend]]]))
  let isDrained = false
  const drained = publisher.drain('slow', 10_000).then(() => (isDrained = true))
  expect(await exchange(port)).toBe('b')
  expect(isDrained).toBe(false)
  expect(await answer).toBe('slow')
  await drained
  expect(slow.count()).toBe(1)
})

test('drain closes connections between two requests once they are quiet, and all at its limit', async () => {
  const web = await serve(
    'web',
    createHttpServer((request, response) => {
      if (request.url === '/quick') response.end('ok')
    }),
  )
  const publisher = publish()
  const port = await freePort()
  await publisher.set(new Map([[port, [web.backend]]]))
  const agent = new Agent({ keepAlive: true })
  cleanups.push(() => agent.destroy())
  const status = (path: string) =>
    new Promise<number | string>((resolve) => {
      get({ port, host: '127.0.0.1', path, agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      }).on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    })
  expect(await status('/quick')).toBe(200)
  expect(web.sockets.size).toBe(1)
  const started = performance.now()
  await publisher.drain('web', 20_000)
  expect(performance.now() - started).toBeLessThan(3000)

  const pending = status('/never')
  await expect.poll(() => web.sockets.size).toBe(1)
  const again = performance.now()
  await publisher.drain('web', 1800)
  expect(performance.now() - again).toBeGreaterThan(1700)
  expect(await pending).toBe('ECONNRESET')
  await publisher.drain('nobody', 1000)
})

test('no request is lost while backends are replaced one after the other under load', async () => {
  const start = (task: string) =>
    serve(
      task,
      createHttpServer((_, response) =>
        setTimeout(() => response.setHeader('Connection', 'close').end(task), 5),
      ),
    )
  let current = await Promise.all([start('t0'), start('t1')])
  const publisher = publish()
  const port = await freePort()
  const announce = () => publisher.set(new Map([[port, current.map(({ backend }) => backend)]]))
  await announce()
  const results = new Map<string, number>()
  const over = new AbortController()
  let answers = 0
  const ask = () =>
    new Promise<string>((resolve) => {
      get({ port, host: '127.0.0.1', path: '/', agent: false }, (response) => {
        response.resume().on('end', () => resolve(String(response.statusCode)))
      }).on('error', (error) => resolve(error.message))
    })
  const clients = Array.from({ length: 10 }, async () => {
    while (!over.signal.aborted) {
      const result = await ask()
      answers += 1
      results.set(result, (results.get(result) ?? 0) + 1)
    }
  })
  for (let step = 2; step < 12; step += 1) {
    const [oldest, other] = current
    const before = answers
    await expect.poll(() => answers, { interval: 5 }).toBeGreaterThan(before + 50)
    current = [other, await start(`t${step}`)]
    await announce()
    await publisher.drain(oldest.backend.task, 5000)
    await oldest.stop()
  }
  over.abort()
  await Promise.all(clients)
  expect([...results.keys()]).toEqual(['200'])
  expect(results.get('200')).toBeGreaterThan(500)
})

test('more connections than the limit are closed at once', async () => {
  const silent = await serve(
    'silent',
    createServer((socket) => socket.resume()),
  )
  const publisher = publish({ limits: { connections: 3 } })
  const port = await freePort()
  await publisher.set(new Map([[port, [silent.backend]]]))
  const sockets = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined).resume()
  await expect.poll(() => sockets.filter((socket) => socket.closed).length).toBe(5)
  expect(silent.sockets.size).toBe(3)
  await publisher.close()
  await expect.poll(() => sockets.filter((socket) => socket.closed).length).toBe(8)
})
