// The engine's client against a server that misbehaves on purpose, which a real daemon does not do on demand.
import { createServer } from 'node:http'
import type { RequestListener, ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Engine } from './engine.ts'
import { jsonLines } from './lines.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

const version = { Version: '29.0.1+x', ApiVersion: '1.52', MinAPIVersion: '1.44', Os: 'linux', Arch: 'arm64' }

async function engineThat(answer: (response: ServerResponse, path: string) => void, said: object = version) {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-engine-'))
  const listener: RequestListener = (request, response) => {
    response.on('error', () => undefined)
    if (request.url === '/version') response.end(JSON.stringify(said))
    else answer(response, request.url ?? '')
  }
  const server = createServer(listener)
  const socketPath = join(folder, 'engine.sock')
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return new Engine({ socketPath })
}

const call = { method: 'GET', path: '/info', limitMs: 300 } as const

test.each([
  { said: version, prefix: '/v1.44', engine: 'docker 29.0.1' },
  { said: { ...version, MinAPIVersion: '1.12' }, prefix: '/v1.41', engine: 'docker 29.0.1' },
  {
    said: { ...version, Version: '4.3.1', MinAPIVersion: undefined, Components: [{ Name: 'Podman Engine' }] },
    prefix: '/v1.41',
    engine: 'podman 4.3.1',
  },
])('speaks the oldest version that both know: $prefix', async ({ said, prefix, engine }) => {
  const paths: string[] = []
  const client = await engineThat((response, path) => {
    paths.push(path)
    response.end('{}')
  }, said)
  await client.json({ ...call, query: { all: true, filters: { label: ['a=b&c'] } } })
  expect(paths).toEqual([`${prefix}/info?all=true&filters=%7B%22label%22%3A%5B%22a%3Db%26c%22%5D%7D`])
  expect((await client.version(300)).engine).toBe(engine)
})

test('refuses an engine that is too old', async () => {
  const client = await engineThat((response) => response.end('{}'), { ...version, ApiVersion: '1.40' })
  await expect(client.json(call)).rejects.toThrow(
    'speaks version 1.40 of the API, and 1.41 (Docker 20.10) or newer is needed',
  )
})

test.each([
  { name: 'no answer at all', answer: () => undefined, message: 'did not answer within 300ms' },
  {
    name: 'an answer that stops in the middle',
    answer: (response: ServerResponse) => response.write('{"a":'),
    message: 'did not answer within 300ms',
  },
  {
    name: 'an answer that is cut off',
    answer: (response: ServerResponse) =>
      response.writeHead(200, { 'Content-Length': 100 }).write('{"a":', () => response.socket?.destroy()),
    message: 'broke the connection',
  },
  {
    name: 'a connection that is cut off',
    answer: (response: ServerResponse) => response.socket?.destroy(),
    message: 'broke the connection',
  },
  {
    name: 'an error without a message',
    answer: (response: ServerResponse) => response.writeHead(500).end(),
    message: 'it answered with status 500',
  },
])('$name settles the call', async ({ answer, message }) => {
  const client = await engineThat(answer)
  const started = performance.now()
  await expect(client.json(call)).rejects.toThrow(message)
  expect(performance.now() - started).toBeLessThan(1000)
})

test('an abort settles a call at once with its reason', async () => {
  const client = await engineThat((response) => response.write('{'))
  const over = new AbortController()
  const pending = client.json({ ...call, limitMs: 60_000, signal: over.signal })
  setTimeout(() => over.abort(new Error('enough')), 50)
  await expect(pending).rejects.toThrow('enough')
  await expect(client.json({ ...call, signal: over.signal })).rejects.toThrow('enough')
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
