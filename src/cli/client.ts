// The command line's side of the API: one request, one typed answer. Invariant: a refusal of the server arrives as a
// Fault with the server's words and exit code; an answer that is not what was agreed is a Fault too, never a guess.

import { z } from 'zod'
import {
  tokenCreateReply,
  tokenListReply,
  userCreateReply,
  userListReply,
  apiLogsReply,
  apiReply,
  applyReply,
  BusError,
  decodeJson,
  encodeJson,
  exitCodes,
  Fault,
  logChunk,
  nodeInspectReply,
  secretListReply,
  secretSetReply,
  subjects,
} from '../model/index.ts'
import type {
  JoinToken,
  TokenCreateRequest,
  UserCreateRequest,
  ApiOperation,
  ApplyReply,
  ApplyRequest,
  Bus,
  ClusterView,
  DestroyRequest,
  Duration,
  ExitCode,
  LogChunk,
  NodeRemoveRequest,
  NodeUpdateRequest,
  SecretSetRequest,
  StateSnapshot,
} from '../model/index.ts'
import type { Inspected } from './nodes.ts'

/** How long the leader may take to answer; beyond the time a request asks it to wait. */
const answerMs: Duration = 10_000
/** How long no leader is put up with before giving up: an election takes 1 to 2 s. */
const patienceMs: Duration = 15_000
const retryMs: Duration = 250

/** Operations that must not be asked for twice. */
const changing: ReadonlySet<ApiOperation> = new Set([
  'apply',
  'destroy',
  'secretSet',
  'nodeUpdate',
  'nodeRemove',
  'holdRelease',
])
const unknownOutcome =
  'whether it was carried out is not known: gantry status shows it; making a new plan is safe'

export interface ClientDeps {
  readonly bus: Bus
  /** Name of the caller, as in its credentials. */
  readonly caller: string
  readonly sleep: (ms: Duration, signal: AbortSignal) => Promise<void>
  readonly monotonic: () => number
  readonly signal: AbortSignal
}

export class Client {
  readonly #deps: ClientDeps

  constructor(deps: ClientDeps) {
    this.#deps = deps
  }

  /** The state in view; waits up to `waitMs` for one newer than `after`. */
  async status(newer?: { readonly after: number; readonly waitMs: Duration }): Promise<ClusterView> {
    const value = await this.#ask('status', newer ?? {}, newer?.waitMs ?? 0)
    // Made by viewOf of a server of the same version; its format is checked, its rows are trusted.
    return checked(
      z.looseObject({ format_version: z.literal(1), seq: z.int() }),
      value,
    ) as unknown as ClusterView
  }

  async snapshot(): Promise<StateSnapshot> {
    const value = await this.#ask('snapshot', {})
    return checked(
      z.looseObject({ format: z.literal(1), rows: z.array(z.unknown()) }),
      value,
    ) as unknown as StateSnapshot
  }

  /** Not tried again when the answer is lost: whether it was carried out is then unknown, and the Fault says so. */
  async apply(request: ApplyRequest): Promise<ApplyReply> {
    return checked(applyReply, await this.#ask('apply', request))
  }

  async destroy(request: DestroyRequest): Promise<ApplyReply> {
    return checked(applyReply, await this.#ask('destroy', request))
  }

  async setSecret(request: SecretSetRequest): Promise<number> {
    return checked(secretSetReply.loose(), await this.#ask('secretSet', request)).version
  }

  /** A node by its name or id, with what is on it. */
  async inspectNode(node: string): Promise<Inspected> {
    // Made by the leader of the same version; its form is checked, the row is trusted.
    return checked(nodeInspectReply, await this.#ask('nodeInspect', { node })) as unknown as Inspected
  }

  async updateNode(request: NodeUpdateRequest): Promise<void> {
    await this.#ask('nodeUpdate', request)
  }

  async removeNode(request: NodeRemoveRequest): Promise<void> {
    await this.#ask('nodeRemove', request)
  }

  async releaseHold(): Promise<void> {
    await this.#ask('holdRelease', {})
  }

  async createToken(request: TokenCreateRequest): Promise<JoinToken> {
    return checked(tokenCreateReply, await this.#ask('tokenCreate', request)).token
  }

  async listTokens(): Promise<z.infer<typeof tokenListReply>> {
    return checked(tokenListReply, await this.#ask('tokenList', {}))
  }

  async revokeToken(id: string): Promise<void> {
    await this.#ask('tokenRevoke', { id })
  }

  async createUser(request: UserCreateRequest): Promise<z.infer<typeof userCreateReply>> {
    return checked(userCreateReply, await this.#ask('userCreate', request))
  }

  async listUsers(): Promise<z.infer<typeof userListReply>> {
    return checked(userListReply, await this.#ask('userList', {}))
  }

  async revokeUser(name: string): Promise<void> {
    await this.#ask('userRevoke', { name })
  }

  async listSecrets(stack?: string): Promise<z.infer<typeof secretListReply>> {
    return checked(secretListReply, await this.#ask('secretList', stack === undefined ? {} : { stack }))
  }

  /**
   * Has the lines of one task sent here, chunk by chunk; the agent waits for `take` before it sends the next. Resolves
   * at the end of the log, with the reason when that was no good end.
   */
  async readLogs(
    request: {
      readonly task: string
      readonly node: string
      readonly follow: boolean
      readonly tail: number | null
    },
    take: (chunk: LogChunk) => void,
    streamId: string,
    idleLimitMs: Duration,
  ): Promise<string | null> {
    const { bus, monotonic, sleep, signal } = this.#deps
    const ended: { how: LogChunk['end'] } = { how: null }
    let heardAt = monotonic()
    let wake: () => void = () => undefined
    const subscription = bus.serve(subjects.stream(request.node, streamId), async ({ data }) => {
      const chunk = logChunk.safeParse(decodeJson(data))
      if (!chunk.success || chunk.data.task !== request.task) return null
      heardAt = monotonic()
      take(chunk.data)
      if (chunk.data.end) {
        ended.how = chunk.data.end
        wake()
      }
      return encodeJson({ ok: true })
    })
    try {
      const { task, follow, tail } = request
      checked(apiLogsReply, await this.#ask('logs', { task, stream: streamId, follow, tail }))
      while (!ended.how && !signal.aborted) {
        if (!follow && monotonic() - heardAt > idleLimitMs) return 'the agent stopped sending'
        await Promise.race([
          new Promise<void>((resolve) => (wake = resolve)),
          sleep(1000, signal).catch(() => undefined),
        ])
      }
      return ended.how?.error ?? null
    } finally {
      subscription.close()
    }
  }

  async #ask(operation: ApiOperation, request: object, waitMs = 0): Promise<unknown> {
    const { bus, caller, sleep, monotonic, signal } = this.#deps
    const subject = subjects.api(caller, operation)
    const started = monotonic()
    for (;;) {
      try {
        const bytes = await bus.request(subject, encodeJson(request), {
          timeoutMs: answerMs + waitMs,
          signal,
        })
        const reply = apiReply.safeParse(decodeJson(bytes))
        if (!reply.success) throw differentVersion()
        if (reply.data.ok) return reply.data.value
        const { exit, what, why, fix } = reply.data.error
        throw new Fault({
          what,
          ...(why === undefined ? {} : { why }),
          ...(fix === undefined ? {} : { fix }),
          exit: exitOf(exit),
        })
      } catch (error) {
        if (!(error instanceof BusError)) throw error
        // Nobody has taken the request up, so asking again cannot do anything twice. A connection that broke may have
        // carried it, though: what changes something is not asked again then.
        const isUntouched =
          error.failure === 'no-responders' || (error.failure === 'disconnected' && !changing.has(operation))
        if (isUntouched && monotonic() - started < patienceMs) {
          await sleep(retryMs, signal)
          continue
        }
        throw faultOfBus(error, operation)
      }
    }
  }
}

function faultOfBus(error: BusError, operation: ApiOperation): Fault {
  switch (error.failure) {
    case 'no-responders':
      return new Fault({
        what: 'no server of the cluster leads',
        fix: 'look at what is wrong with gantry status and in the logs folder, or start it again with gantry up',
      })
    case 'disconnected':
      return new Fault({
        what: changing.has(operation)
          ? `the connection to the cluster broke before it had answered ${operation}`
          : 'cannot reach the cluster',
        why: error.message,
        fix: changing.has(operation) ? unknownOutcome : 'start it with gantry up',
      })
    case 'timeout':
      return new Fault({
        what: `the leader did not answer ${operation} in time`,
        fix: changing.has(operation) ? unknownOutcome : 'try again',
      })
    case 'too-large':
      return new Fault({
        what: 'the request is too large for the cluster',
        why: error.message,
        fix: 'split the stack in two',
      })
    case 'denied':
      return new Fault({
        what: 'these credentials may not do this',
        why: error.message,
        fix: 'use the credentials of the user who ran gantry up',
        exit: exitCodes.rights,
      })
  }
}

function checked<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw differentVersion()
  return parsed.data
}

function differentVersion(): Fault {
  return new Fault({
    what: "the cluster's answer is not what this gantry expects",
    fix: 'use a gantry of the same version as the cluster: gantry version shows both',
  })
}

function exitOf(code: number): ExitCode {
  return Object.values(exitCodes).find((each) => each === code) ?? exitCodes.failed
}
