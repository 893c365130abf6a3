// A container engine, asked through dockerode. Invariant: every call settles within its limit, whatever dockerode and
// the engine do: a cut connection, a hung engine and an abort all reject, and leave no connection behind. What comes
// back is unknown until its caller has parsed it. It knows nothing of containers.

import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { z } from 'zod'
import { Fault, formatDuration } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'
import { Connection } from './connection.ts'
import { EngineError, engineErrorOf, unexpectedAnswer } from './engine-error.ts'

export type EngineAddress =
  | { readonly socketPath: string }
  /** `tcp://host:port` or `http://host:port`, without TLS. */
  | { readonly host: string }

export interface CallLimits {
  /** Until the whole answer is there; for `open`, until it begins. */
  readonly limitMs: Duration
  /** Ends the call, and the stream that `open` gave. */
  readonly signal?: AbortSignal | undefined
}

/** What is not given, dockerode takes from DOCKER_HOST and its like, and would ask another engine. */
const notFromEnvironment = {
  ...{ host: undefined, port: undefined, protocol: 'http' as const, timeout: undefined },
  ...{ ca: undefined, cert: undefined, key: undefined },
}

/** API versions are of the form 1.N; this is the N of dockerd 20.10, the oldest that will do. */
const oldestApi = 41

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
  readonly asked: string
}

export class Engine {
  readonly address: EngineAddress
  /** For messages: `the Docker daemon at /var/run/docker.sock`. */
  readonly name: string
  readonly #target: Docker.DockerOptions
  #version: EngineVersion | null = null

  /** Throws `Fault` for an address that is not understood. */
  constructor(address: EngineAddress) {
    this.address = address
    this.name = `the Docker daemon at ${'host' in address ? address.host : address.socketPath}`
    const target = 'host' in address ? parseHost(address.host) : { socketPath: address.socketPath }
    this.#target = { ...notFromEnvironment, ...target }
  }

  /** Asked once, and again after a connection has failed: the engine may have been replaced. */
  async version(limitMs: Duration, signal?: AbortSignal): Promise<EngineVersion> {
    if (this.#version) return this.#version
    const said = await this.#answer({ limitMs, signal }, undefined, (docker) => docker.version())
    const answer = parseAnswer(versionAnswer, said)
    const asked = chooseApi(answer.ApiVersion, answer.MinAPIVersion)
    if (asked === null)
      throw new EngineError(
        null,
        `speaks version ${answer.ApiVersion} of the API, and 1.${oldestApi} (Docker 20.10) or newer is needed`,
      )
    this.#version = {
      engine: `${nameOf(answer)} ${answer.Version.replace(/[^\w.].*$/, '')}`,
      api: answer.ApiVersion,
      os: answer.Os,
      arch: answer.Arch,
      asked,
    }
    return this.#version
  }

  /** The whole answer; null when it has no body. Throws `EngineError`, or the signal's reason. */
  async ask(limits: CallLimits, call: (docker: Docker) => Promise<unknown>): Promise<unknown> {
    const { asked } = await this.version(limits.limitMs, limits.signal)
    return this.#answer(limits, asked, call)
  }

  /**
   * The answer as it comes; whoever asked destroys it. Throws `EngineError`, the `Fault` of what was being sent, or the
   * signal's reason.
   */
  async open(limits: CallLimits, call: (docker: Docker) => Promise<unknown>): Promise<Readable> {
    const { asked } = await this.version(limits.limitMs, limits.signal)
    const connection = new Connection(limits.signal)
    try {
      const stream = await this.#settle(connection, limits, asked, call)
      if (!(stream instanceof Readable)) throw new EngineError(null, 'sent no stream')
      connection.lift()
      return stream
    } catch (error) {
      connection.close(error)
      throw error
    }
  }

  /** What a stream's breaking off means; the engine may be another when it is back. */
  broken(error: unknown): EngineError {
    this.#version = null
    return engineErrorOf(error)
  }

  async #answer(
    limits: CallLimits,
    version: string | undefined,
    call: (docker: Docker) => Promise<unknown>,
  ): Promise<unknown> {
    const connection = new Connection(limits.signal)
    try {
      const answer = await this.#settle(connection, limits, version, call)
      return Buffer.isBuffer(answer) ? textOf(answer) : answer
    } finally {
      connection.close(null)
    }
  }

  async #settle(
    connection: Connection,
    { limitMs, signal }: CallLimits,
    version: string | undefined,
    call: (docker: Docker) => Promise<unknown>,
  ): Promise<unknown> {
    // 12 MB and 0.1 s that a command without an engine does not pay.
    const { default: Dockerode } = await import('dockerode')
    signal?.throwIfAborted()
    const options = { ...this.#target, version, agent: connection }
    const timer = setTimeout(() => connection.close(tooSlow(limitMs)), limitMs)
    try {
      return await new Promise((resolve, reject) => {
        // Dockerode may leave its own promise unsettled when this comes first.
        connection.onEnd = reject
        call(new Dockerode(options)).then(resolve, reject)
      })
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof Fault) throw error // from what was being sent
      const answer = unexpectedAnswer(error)
      if (!answer) throw this.broken(error)
      if (answer.status < 400) return null // 304: it is so already
      throw engineErrorOf(error)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** What the schema makes of an answer; an answer of another shape counts as none. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new EngineError(null, `sent an answer that is not understood (${z.prettifyError(parsed.error)})`)
}

/** A name or id as the part of a path, which dockerode puts it into as it is. */
export function escapePath(text: string): string {
  return encodeURIComponent(text)
}

/**
 * Options of a POST, those for its body and those for its address. Dockerode would put all of them into both otherwise,
 * and an address ends in logs.
 */
export function inBody<Options extends object>(body: Options, query: object = {}): Options {
  return divided(query, body) as Options
}

/**
 * Options of a POST that are for its address alone. A body that the engine does not read would keep it from seeing that
 * the connection was closed: it would go on with a pull that was given up.
 */
export function inQuery<Options extends object>(query: Options): Options {
  return divided(query, {}) as Options
}

/** Dockerode's modem looks for these two in the options of every call; the types of the calls do not know them. */
function divided(query: object, body: object): object {
  return { _query: query, _body: body }
}

function parseHost(host: string): { host: string; port: string } {
  const url =
    /^(?:tcp|http):\/\//.test(host) && URL.canParse(host) ? new URL(host.replace(/^tcp:/, 'http:')) : null
  if (!url || url.pathname !== '/' || url.username !== '')
    throw new Fault({
      what: `cannot use ${host} as the address of a Docker daemon`,
      why: 'it is neither a path of a socket nor tcp://host:port',
      fix: 'TLS and ssh are not supported: forward the socket (ssh -L /path/docker.sock:/var/run/docker.sock host)',
    })
  return { host: `http://${url.hostname}`, port: url.port === '' ? '2375' : url.port }
}

function nameOf({ Components }: z.output<typeof versionAnswer>): string {
  return Components?.some((component) => component.Name.startsWith('Podman')) === true ? 'podman' : 'docker'
}

function chooseApi(newest: string, oldest: string | undefined): string | null {
  const number = (version: string | undefined) =>
    Number(/^1\.(\d{1,4})$/.exec(version ?? '')?.[1] ?? Number.NaN)
  if (!(number(newest) >= oldestApi)) return null
  return `v1.${Math.max(oldestApi, number(oldest) || 0)}`
}

/** Dockerode gives what is no JSON, and nothing, as bytes. */
function textOf(answer: Buffer): string | null {
  return answer.length === 0 ? null : answer.toString('utf8')
}

function tooSlow(limitMs: Duration): EngineError {
  return new EngineError(null, `did not answer within ${formatDuration(limitMs)}`)
}
