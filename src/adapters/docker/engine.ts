// Speaks HTTP with a container engine over its socket: one request, one answer, or one stream. Invariant: every call
// settles: a cut connection, a hung engine and an abort all reject, and no answer is held that is larger than a bound.
// It knows nothing of containers; what an answer means is decided by its callers.

import { Agent, request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { Fault, formatDuration } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'

export type EngineAddress =
  | { readonly socketPath: string }
  /** `tcp://host:port` or `http://host:port`, without TLS. */
  | { readonly host: string }

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the version, with every variable part escaped. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | object>>
  /** JSON, or the bytes of a tar. */
  readonly body?: object
  readonly tar?: AsyncIterable<Uint8Array>
  /** Until the whole answer is there; for `open`, until it begins. */
  readonly limitMs: Duration
  readonly signal?: AbortSignal
}

/** `status` is the engine's answer; null when there was none. */
export class EngineError extends Error {
  readonly status: number | null
  constructor(status: number | null, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineError'
    this.status = status
  }
}

/** API versions are of the form 1.N; this is the N of dockerd 20.10, the oldest that will do. */
const oldestApi = 41
const answerLimit = 64 * 1024 ** 2

const versionAnswer = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
  Os: z.string(),
  Arch: z.string(),
  Components: z.array(z.object({ Name: z.string() })).nullish(),
})

export interface EngineVersion {
  /** `docker 20.10.24`. */
  readonly engine: string
  /** The newest it speaks, `1.41`. */
  readonly api: string
  readonly os: string
  readonly arch: string
  /** What requests are made in: the oldest version from 1.41 on that it speaks, because that is what was tested. */
  readonly prefix: string
}

export class Engine {
  readonly address: EngineAddress
  /** For messages: `the Docker daemon at /var/run/docker.sock`. */
  readonly name: string
  readonly #target: { readonly socketPath: string } | { readonly hostname: string; readonly port: string }
  /** No keep-alive: a connection to a local socket costs nothing, a stale one after a restart costs a failed call. */
  readonly #agent = new Agent({ keepAlive: false })
  #version: EngineVersion | null = null

  /** Throws `Fault` for an address that is not understood. */
  constructor(address: EngineAddress) {
    this.address = address
    this.name = `the Docker daemon at ${'host' in address ? address.host : address.socketPath}`
    this.#target = 'host' in address ? parseHost(address.host) : { socketPath: address.socketPath }
  }

  /** Asked once, and again after a connection has failed: the engine may have been replaced. */
  async version(limitMs: Duration, signal?: AbortSignal): Promise<EngineVersion> {
    if (this.#version) return this.#version
    const call: Call = { method: 'GET', path: '/version', limitMs, ...(signal ? { signal } : {}) }
    const answer = parseAnswer(versionAnswer, await this.#read(await this.#send(call, ''), call))
    const prefix = chooseApi(answer.ApiVersion, answer.MinAPIVersion)
    if (prefix === null)
      throw new EngineError(
        null,
        `speaks version ${answer.ApiVersion} of the API, and 1.${oldestApi} (Docker 20.10) or newer is needed`,
      )
    this.#version = {
      engine: `${nameOf(answer)} ${answer.Version.replace(/[^\w.].*$/, '')}`,
      api: answer.ApiVersion,
      os: answer.Os,
      arch: answer.Arch,
      prefix,
    }
    return this.#version
  }

  /** The answer, parsed as JSON; null when it has no body. Throws `EngineError`, or the signal's reason. */
  async json(call: Call): Promise<unknown> {
    const { prefix } = await this.version(call.limitMs, call.signal)
    return this.#read(await this.#send(call, prefix), call)
  }

  /** The answer as it comes; whoever asked destroys it. Throws `EngineError`, or the signal's reason. */
  async open(call: Call): Promise<IncomingMessage> {
    const { prefix } = await this.version(call.limitMs, call.signal)
    return (await this.#send(call, prefix)).response
  }

  /** What a stream's breaking off means; the engine may be another when it is back. */
  broken(error: unknown): EngineError {
    this.#version = null
    return error instanceof EngineError ? error : new EngineError(null, whyBroken(error), { cause: error })
  }

  /** Resolves when an answer below 400 begins. */
  async #send(call: Call, prefix: string): Promise<{ response: IncomingMessage; deadline: number }> {
    call.signal?.throwIfAborted()
    const deadline = performance.now() + call.limitMs
    const query = queryOf(call.query)
    const content = call.body === undefined ? undefined : JSON.stringify(call.body)
    const type = call.tar ? 'application/x-tar' : 'application/json'
    const sent = request({
      ...this.#target,
      agent: this.#agent,
      method: call.method,
      path: prefix + call.path + (query === '' ? '' : `?${query}`),
      headers: call.tar || content !== undefined ? { 'Content-Type': type } : {},
    })
    const abort = () => sent.destroy()
    call.signal?.addEventListener('abort', abort, { once: true })
    sent.once('close', () => call.signal?.removeEventListener('abort', abort))
    try {
      const response = await this.#begin(sent, call, content, deadline)
      const status = response.statusCode ?? 0
      if (status < 400) return { response, deadline }
      const answer = await this.#read({ response, deadline }, call)
      throw new EngineError(status, messageIn(answer) ?? `it answered with status ${status}`)
    } catch (error) {
      sent.destroy()
      call.signal?.throwIfAborted()
      if (error instanceof EngineError && error.status !== null) throw error
      if (error instanceof Fault) throw error // from what was being sent
      throw this.broken(error)
    }
  }

  #begin(
    sent: ClientRequest,
    call: Call,
    content: string | undefined,
    deadline: number,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          reject(tooSlow(call))
          sent.destroy()
        },
        Math.max(1, deadline - performance.now()),
      )
      const over = (settle: () => void) => {
        clearTimeout(timer)
        settle()
      }
      // Stays for the whole life of the request: an error after the answer began belongs to the answer's reader.
      sent.on('error', (error) => over(() => reject(error)))
      sent.once('close', () => over(() => reject(new Error('the connection ended without an answer'))))
      sent.once('response', (response) => over(() => resolve(response)))
      if (call.tar)
        // The engine may answer, and hang up, before it has everything; then its answer says why.
        pipeline(Readable.from(call.tar), sent).catch((error: unknown) => {
          if (!isHangUp(error)) over(() => reject(error instanceof Error ? error : new Error(String(error))))
        })
      else sent.end(content)
    })
  }

  async #read(
    { response, deadline }: { response: IncomingMessage; deadline: number },
    call: Call,
  ): Promise<unknown> {
    const timer = setTimeout(() => response.destroy(tooSlow(call)), Math.max(1, deadline - performance.now()))
    try {
      const parts: Buffer[] = []
      let size = 0
      for await (const part of response as AsyncIterable<Buffer>) {
        // No encoding is set, so the parts are buffers.
        size += part.length
        if (size > answerLimit)
          throw new EngineError(null, `sent an answer of more than ${answerLimit} bytes`)
        parts.push(part)
      }
      return parseJson(Buffer.concat(parts).toString('utf8'))
    } catch (error) {
      call.signal?.throwIfAborted()
      throw this.broken(error)
    } finally {
      clearTimeout(timer)
      response.destroy()
    }
  }
}

/** What the schema makes of an answer; an answer of another shape counts as none. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new EngineError(null, `sent an answer that is not understood (${z.prettifyError(parsed.error)})`)
}

export const missing = Symbol('no such thing')

/** What the engine does not have, as a value: what is not there need not be removed. */
export async function orMissing<Result>(work: Promise<Result>): Promise<Result | typeof missing> {
  try {
    return await work
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return missing
    throw error
  }
}

/** A variable part of a path. */
export function escapePath(text: string): string {
  return encodeURIComponent(text)
}

function parseHost(host: string): { hostname: string; port: string } {
  const url =
    /^(?:tcp|http):\/\//.test(host) && URL.canParse(host) ? new URL(host.replace(/^tcp:/, 'http:')) : null
  if (!url || url.pathname !== '/' || url.username !== '')
    throw new Fault({
      what: `cannot use ${host} as the address of a Docker daemon`,
      why: 'it is neither a path of a socket nor tcp://host:port',
      fix: 'TLS and ssh are not supported: forward the socket (ssh -L /path/docker.sock:/var/run/docker.sock host)',
    })
  return { hostname: url.hostname, port: url.port === '' ? '2375' : url.port }
}

function nameOf({ Components }: z.output<typeof versionAnswer>): string {
  return Components?.some((component) => component.Name.startsWith('Podman')) === true ? 'podman' : 'docker'
}

function chooseApi(newest: string, oldest: string | undefined): string | null {
  const number = (version: string | undefined) =>
    Number(/^1\.(\d{1,4})$/.exec(version ?? '')?.[1] ?? Number.NaN)
  if (!(number(newest) >= oldestApi)) return null
  return `/v1.${Math.max(oldestApi, number(oldest) || 0)}`
}

function queryOf(query: Call['query']): string {
  const pairs = Object.entries(query ?? {}).map(([key, value]): [string, string] => [
    key,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ])
  return new URLSearchParams(pairs).toString()
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? null : (JSON.parse(text) as unknown)
  } catch {
    return text
  }
}

function messageIn(answer: unknown): string | undefined {
  const parsed = z.object({ message: z.string() }).safeParse(answer)
  return parsed.success ? parsed.data.message : typeof answer === 'string' ? answer : undefined
}

function tooSlow(call: Call): EngineError {
  return new EngineError(null, `did not answer within ${formatDuration(call.limitMs)}`)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function isHangUp(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(
    String(codeOf(error)),
  )
}

/** Goes behind the daemon's name. */
function whyBroken(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'is not there: no such socket'
    case 'ECONNREFUSED':
      return 'does not run: connection refused'
    case 'EACCES':
    case 'EPERM':
      return 'may not be used: permission denied'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'broke the connection'
    default:
      return `cannot be reached: ${error instanceof Error ? error.message : String(error)}`
  }
}
