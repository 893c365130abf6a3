// The leader's loop: takes what users and agents brought, decides with the pure controllers, appends one commit a
// round, and only then answers and tells the agents. Invariant: nothing leaves this server that is not in the log; when
// the append is refused, the round is undone and this server follows again. Readers are answered between rounds, so
// nobody sees a state that is not committed.

import { allKeys, recordNodeStatus, runRound, statusAfterSilence } from '../control/index.ts'
import type { Decide, WorkKey } from '../control/index.ts'
import { applyChanges, assert, encodeJson, Latch, recordFormat, subjects } from '../model/index.ts'
import type { Change, ClusterState, CommitRecord, Instant, MutableState, Term } from '../model/index.ts'
import { serveApi } from './api.ts'
import type { Log } from './log.ts'
import { aliveEveryMs } from './server.ts'
import type { ServerOptions } from './server.ts'
import { Sessions } from './sessions.ts'
import { Timers } from './timers.ts'

export interface Leadership extends ServerOptions {
  readonly log: Log
  readonly state: MutableState
  readonly term: Term
}

/** Something brought to the leader: decided in its turn, answered once the round is in the log. */
export interface Input {
  readonly decide: Decide
  /** Called after the commit with the state as it then is. */
  readonly done: (state: ClusterState) => void
  /** Called instead when this server is not the leader any more, or has too much to do. */
  readonly refused: (reason: string) => void
}

/** Inputs that wait at most; further ones are refused at once. */
const queueLimit = 10_000
/** Inputs decided in one round at most, so that a commit stays below the store's message limit. */
const inputsPerRound = 500

const defaults = { heartbeatMs: 2000, suspectMs: 6000, lostMs: 10_000 }

/** What api.ts and sessions.ts need of the loop. */
export interface Desk {
  readonly leadership: Leadership
  now(): Instant
  submit(input: Input): void
  /** Asks for an answer made from the committed state. */
  read<Answer>(make: (state: ClusterState) => Answer): Promise<Answer>
  /** Resolves once the state is newer than `seq`, or after `ms`. */
  changed(seq: number, ms: number): Promise<void>
}

export class NotLeading extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NotLeading'
  }
}

/** Leads until another server does or the signal is aborted; gives the reason. */
export async function lead(leadership: Leadership): Promise<string> {
  const { log, state, term, clock, entropy, bus, logger } = leadership
  const over = new AbortController()
  const signal = AbortSignal.any([leadership.signal, over.signal])
  const queue: Input[] = []
  const latch = new Latch()
  const timers = new Timers<WorkKey>()
  const waiters = new Set<{ readonly seq: number; readonly wake: () => void }>()
  let lastInstant = 0

  const desk: Desk = {
    leadership: { ...leadership, signal },
    now: () => {
      // The leader's clock may be set back; time in the log never is.
      lastInstant = Math.max(lastInstant, clock.now())
      return lastInstant
    },
    submit: (input) => {
      if (signal.aborted) input.refused('this server does not lead any more')
      else if (queue.length >= queueLimit) input.refused('the leader has too much to do')
      else {
        queue.push(input)
        latch.open()
      }
    },
    read: (make) =>
      new Promise((resolve, reject) =>
        desk.submit({
          decide: () => null,
          done: (committed) => resolve(make(committed)),
          refused: (reason) => reject(new NotLeading(reason)),
        }),
      ),
    changed: async (seq, ms) => {
      if (state.seq > seq) return
      const enough = new AbortController()
      const waiter = { seq, wake: () => enough.abort() }
      waiters.add(waiter)
      await clock.sleep(ms, AbortSignal.any([signal, enough.signal])).catch(() => undefined)
      waiters.delete(waiter)
    },
  }
  const sessions = new Sessions(desk)
  let dirty: Iterable<WorkKey> = allKeys(state)
  if (!state.cluster) queue.push(foundCluster(entropy.id(), desk))

  const runOnce = async (): Promise<string | null> => {
    const inputs = queue.splice(0, inputsPerRound)
    const now = desk.now()
    const round = runRound(
      state,
      inputs.map((input) => input.decide),
      [...dirty, ...timers.takeDue(now)],
      now,
    )
    dirty = []
    if (round.parts.length > 0) {
      const record: CommitRecord = {
        format: recordFormat,
        prev: log.digest,
        kind: 'commit',
        term,
        at: now,
        parts: round.parts,
      }
      const seq = await log.append(record, signal).catch((error: unknown) => {
        // Stopped while it was not known whether the commit is in the log: whoever folds next will see.
        applyChanges(state, round.undo)
        for (const input of inputs) input.refused('this server stopped before it had the answer')
        throw error
      })
      if (seq === null) {
        applyChanges(state, round.undo)
        for (const input of inputs) input.refused('another server leads now')
        return 'another server leads'
      }
      state.seq = seq
    }
    for (const [key, at] of round.wakes) timers.set(key, at)
    for (const input of inputs) input.done(state)
    if (round.parts.length > 0) {
      sessions.tell(round.undo)
      for (const waiter of waiters) if (state.seq > waiter.seq) waiter.wake()
    }
    return null
  }

  const services = [
    ...sessions.serve(),
    ...serveApi(desk),
    // Another server that leads in a newer term ends this leadership at once.
    bus.serve(subjects.leaderAlive, async ({ data }) => {
      const text = new TextDecoder().decode(data)
      const heard = /"term":(\d+)/.exec(text)
      if (heard && Number(heard[1]) > term) over.abort()
      return null
    }),
  ]
  const alive = (async () => {
    while (!signal.aborted) {
      bus.publish(subjects.leaderAlive, encodeJson({ term, server: leadership.id }))
      await clock.sleep(aliveEveryMs, signal)
    }
  })().catch(() => undefined)

  try {
    while (!signal.aborted) {
      const reason = await runOnce()
      if (reason !== null) return reason
      if (queue.length > 0) continue
      noteSilentNodes(desk, sessions, state)
      const wakeAt = earliest(timers.next(), sessions.nextSilence(state))
      await latch.wait(clock, wakeAt === null ? null : Math.max(1, wakeAt - desk.now()), signal)
    }
    return 'stopped'
  } catch (error) {
    if (signal.aborted) return 'stopped'
    throw error
  } finally {
    over.abort()
    for (const service of services) service.close()
    for (const input of queue) input.refused('this server does not lead any more')
    for (const waiter of waiters) waiter.wake()
    await alive
    logger.debug({ term }, 'the leadership is over')
  }
}

function foundCluster(id: string, desk: Desk): Input {
  return {
    decide: () => ({
      cause: { by: 'leader', what: 'found the cluster' },
      changes: [
        {
          table: 'cluster',
          key: 'cluster',
          value: { id, createdAt: desk.now(), serial: 0, ...defaults },
        },
      ] satisfies Change[],
    }),
    done: () => undefined,
    refused: () => undefined,
  }
}

/** Submits the new status of every node whose silence has become long enough to mean something else. */
function noteSilentNodes(desk: Desk, sessions: Sessions, state: ClusterState): void {
  const { cluster } = state
  if (!cluster) return
  for (const { node, silence } of sessions.silent(state)) {
    const status = statusAfterSilence(silence, cluster)
    if (state.nodes.get(node)?.status === status) continue
    assert(status !== 'ready', () => `node ${node} is silent and ready`)
    desk.submit({
      decide: (current) => ({
        cause: {
          by: 'leader',
          what: `node ${node} is ${status}: silent for ${Math.floor(silence / 1000)} s`,
        },
        changes: recordNodeStatus(current, node, status, desk.now()),
      }),
      done: () => undefined,
      refused: () => undefined,
    })
  }
}

function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b
  return b === null ? a : Math.min(a, b)
}
