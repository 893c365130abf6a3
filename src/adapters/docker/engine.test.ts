// Dockerode and what is around it against a server that misbehaves on purpose, which a real daemon does not on demand.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { afterEach, expect, test, vi } from 'vitest'
import { Engine, inBody } from './engine.ts'
import { jsonLines } from './lines.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const version = { Version: '29.0.1+x', ApiVersion: '1.52', MinAPIVersion: '1.44', Os: 'linux', Arch: 'arm64' }

interface Misbehaving {
  readonly engine: Engine
  /** Connections that are open at this moment. */
  readonly connections: () => Promise<number>
}

async function engineThat(
  answer: (response: ServerResponse, path: string) => unknown,
  said: object = version,
  listenOn: 'socket' | 'port' = 'socket',
): Promise<Misbehaving> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-engine-'))
  const listener: RequestListener = (request, response) => {
    response.on('error', () => undefined)
    if (request.url === '/version') response.end(JSON.stringify(said))
    else answer(response, request.url ?? '')
  }
  const server = createServer(listener)
  const socketPath = join(folder, 'engine.sock')
  if (listenOn === 'socket') server.listen(socketPath)
  else server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const address = server.address()
  const host = `tcp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return {
    engine: new Engine(listenOn === 'socket' ? { socketPath } : { host }),
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
  }
}

const limits = { limitMs: 300 }
const info = (docker: Docker) => docker.info()
const events = (docker: Docker) => docker.getEvents({})

test.each([
  { said: version, asked: 'v1.44', name: 'docker 29.0.1' },
  { said: { ...version, MinAPIVersion: '1.12' }, asked: 'v1.41', name: 'docker 29.0.1' },
  {
    said: { ...version, Version: '4.3.1', MinAPIVersion: undefined, Components: [{ Name: 'Podman Engine' }] },
    asked: 'v1.41',
    name: 'podman 4.3.1',
  },
])('speaks the oldest version that both know: $asked', async ({ said, asked, name }) => {
  const paths: string[] = []
  const { engine } = await engineThat((response, path) => {
    paths.push(path)
    response.end('[]')
  }, said)
  await engine.ask(limits, (docker) => docker.listContainers({ all: true, filters: { label: ['a=b&c'] } }))
  expect(paths).toEqual([
    `/${asked}/containers/json?all=true&filters=%7B%22label%22%3A%5B%22a%3Db%26c%22%5D%7D`,
  ])
  expect((await engine.version(300)).engine).toBe(name)
})

test('refuses an engine that is too old', async () => {
  const { engine } = await engineThat((response) => response.end('{}'), { ...version, ApiVersion: '1.40' })
  await expect(engine.ask(limits, info)).rejects.toThrow(
    'speaks version 1.40 of the API, and 1.41 (Docker 20.10) or newer is needed',
  )
})

test('asks the engine it was given, over a port too, whatever the environment says', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1')
  vi.stubEnv('DOCKER_TLS_VERIFY', '1')
  vi.stubEnv('DOCKER_CLIENT_TIMEOUT', '1')
  cleanups.push(() => vi.unstubAllEnvs())
  for (const listenOn of ['socket', 'port'] as const) {
    const { engine } = await engineThat(
      (response) => setTimeout(() => response.end('{"NCPU":2}'), 20),
      version,
      listenOn,
    )
    expect(await engine.ask(limits, info)).toEqual({ NCPU: 2 })
  }
})

test('what is in the body is not in the address too, where logs would keep it', async () => {
  const paths: string[] = []
  const { engine } = await engineThat((response, path) => {
    paths.push(path)
    response.writeHead(201).end('{"Id":"x"}')
  })
  const answer = await engine.ask(limits, (docker) =>
    docker.createContainer(inBody({ Env: ['PASSWORD=x'] }, { name: 'web' })),
  )
  expect(answer).toMatchObject({ id: 'x' })
  expect(paths).toEqual(['/v1.44/containers/create?name=web'])
})

interface Misdeed {
  readonly name: string
  readonly answer: (response: ServerResponse) => unknown
  readonly message: string
  /** Short only where it is the limit that ends the call: a busy machine takes its time for every other answer. */
  readonly limitMs?: number
}

/** Whatever was asked for, the call ends with these. */
const always: readonly Misdeed[] = [
  { name: 'no answer at all', answer: () => undefined, message: 'did not answer within 300ms', limitMs: 300 },
  {
    name: 'a connection that is cut off',
    answer: (response) => response.socket?.destroy(),
    message: 'broke the connection',
  },
  {
    name: 'an answer that is no HTTP',
    answer: (response) => response.socket?.end('nonsense\r\n\r\n'),
    message: 'cannot be reached: Parse Error',
  },
  {
    name: 'an error that is cut off',
    answer: (response) =>
      response.writeHead(500, { 'Content-Length': 100 }).write('{"a":', () => response.socket?.destroy()),
    message: 'broke the connection',
  },
  {
    name: 'an error that stops in the middle',
    answer: (response) => response.writeHead(500).write('{"a":'),
    message: 'did not answer within 300ms',
    limitMs: 300,
  },
  {
    name: 'an error without an end',
    answer: (response) => endless(response.writeHead(500)),
    message: 'sent an answer of more than 67108864 bytes',
    limitMs: 20_000,
  },
  {
    name: 'an error without a message',
    answer: (response) => response.writeHead(500).end(),
    message: 'it answered with status 500',
  },
  {
    name: 'an error with a message',
    answer: (response) => response.writeHead(418).end('{"message":"(HTTP code 1) - tea "}'),
    message: '(HTTP code 1) - tea ',
  },
  {
    name: 'an error in plain words',
    answer: (response) => response.writeHead(404).end('no way'),
    message: 'no way',
  },
]

/** These cut an answer short that has begun well. */
const inTheMiddle: readonly Misdeed[] = [
  {
    name: 'an answer that stops in the middle',
    answer: (response) => response.write('{"a":'),
    message: 'did not answer within 300ms',
    limitMs: 300,
  },
  {
    name: 'an answer that is cut off',
    answer: (response) =>
      response.writeHead(200, { 'Content-Length': 100 }).write('{"a":', () => response.socket?.destroy()),
    message: 'broke the connection',
  },
  {
    name: 'an answer that is cut off between two chunks',
    answer: (response) => response.write('{"a":', () => response.socket?.destroy()),
    message: 'broke the connection',
  },
  {
    name: 'an answer without an end',
    answer: endless,
    message: 'sent an answer of more than 67108864 bytes',
    limitMs: 20_000,
  },
]

function endless(response: ServerResponse): void {
  const filler = Buffer.alloc(1024 ** 2, 'x')
  response.write(filler, (error) => error ?? endless(response))
}

test.each([...always, ...inTheMiddle])(
  '$name settles the call, and leaves no connection',
  async ({ answer, message, limitMs = 20_000 }) => {
    const { engine, connections } = await engineThat(answer)
    const started = performance.now()
    await expect(engine.ask({ limitMs }, info)).rejects.toMatchObject({
      name: 'EngineError',
      message: expect.stringContaining(message) as string,
    })
    expect(performance.now() - started).toBeLessThan(limitMs + 3000)
    await expect.poll(connections).toBe(0)
  },
)

test.each(always)(
  '$name settles a call for a stream, and leaves no connection',
  async ({ answer, message, limitMs = 20_000 }) => {
    const { engine, connections } = await engineThat(answer)
    const started = performance.now()
    await expect(engine.open({ limitMs }, events)).rejects.toMatchObject({
      name: 'EngineError',
      message: expect.stringContaining(message) as string,
    })
    expect(performance.now() - started).toBeLessThan(limitMs + 3000)
    await expect.poll(connections).toBe(0)
  },
)

test('a stream may be as long as it likes, is read no faster than it is used, and breaks off with the connection', async () => {
  let written = 0
  const { engine, connections } = await engineThat((response) => {
    const filler = Buffer.alloc(1024 ** 2, 'x')
    const write = (): void => {
      written += filler.length
      response.write(filler, (error) => {
        if (!error && written < 100 * filler.length) write()
        else response.socket?.destroy()
      })
    }
    write()
  })
  const stream = await engine.open(limits, events)
  await expect.poll(() => stream.readableLength).toBeGreaterThan(0)
  let read = 0
  const reading = (async () => {
    for await (const part of stream as AsyncIterable<Buffer>) {
      expect(written - read).toBeLessThan(16 * 1024 ** 2)
      read += part.length
    }
  })()
  await expect(reading.catch((error: unknown) => Promise.reject(engine.broken(error)))).rejects.toThrow(
    'broke the connection',
  )
  expect(read).toBeGreaterThan(65 * 1024 ** 2)
  await expect.poll(connections).toBe(0)
})

test('an abort settles a call at once with its reason, and ends a stream that has begun', async () => {
  const { engine, connections } = await engineThat((response) => response.write('{'))
  const over = new AbortController()
  const { signal } = over
  const stream = await engine.open({ limitMs: 60_000, signal }, events)
  const reading = stream.toArray()
  const pending = engine.ask({ limitMs: 60_000, signal }, info)
  setTimeout(() => over.abort(new Error('enough')), 50)
  await expect(pending).rejects.toThrow('enough')
  await expect(reading).rejects.toThrow('aborted')
  await expect(engine.ask({ limitMs: 300, signal }, info)).rejects.toThrow('enough')
  await expect(engine.open({ limitMs: 300, signal }, events)).rejects.toThrow('enough')
  await expect.poll(connections).toBe(0)
})

test('an inspection of an image, which knows no signal, ends with the call all the same', async () => {
  const { engine, connections } = await engineThat(() => undefined)
  await expect(engine.ask(limits, (docker) => docker.getImage('x').inspect())).rejects.toThrow(
    'did not answer',
  )
  await expect.poll(connections).toBe(0)
})

test('what is so already is no error', async () => {
  const { engine } = await engineThat((response) => response.writeHead(304).end())
  expect(await engine.ask(limits, (docker) => docker.getContainer('x').start())).toBeNull()
})

test('lines of JSON are put together from any parts, and what is none is an error', async () => {
  const parts = async function* (...texts: (string | number[])[]) {
    for (const text of texts) yield Buffer.from(text as string)
  }
  const read = async (stream: AsyncIterable<Uint8Array>) => {
    const found: unknown[] = []
    for await (const value of jsonLines(stream)) found.push(value)
    return found
  }
  expect(await read(parts('{"a":', '1}\r\n\n{"b":"', [0xc3], [0xbc], '"}'))).toEqual([{ a: 1 }, { b: 'ü' }])
  await expect(read(parts('{"a":1}\nnonsense\n'))).rejects.toThrow('sent a line that is no JSON')
  await expect(read(parts('x'.repeat(5_000_000)))).rejects.toThrow('sent a line of more than')
})
