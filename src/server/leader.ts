// The leader's loop: takes what users and agents brought, decides with the pure controllers, appends one commit a
// round, and only then answers and tells the agents. Invariant: nothing leaves this server that is not in the log; when
// the append is refused, the round is undone and this server follows again. Readers are answered between rounds, so
// nobody sees a state that is not committed.

import { allKeys, recordNodeStatus, runRound, statusAfterSilence } from '../control/index.ts'
import type { Round, WorkKey } from '../control/index.ts'
import { applyChanges, assert, Latch, messageOf, recordFormat, subjects } from '../model/index.ts'
import type { Change, ClusterState, CommitRecord, Instant } from '../model/index.ts'
import { aliveEveryMs, decodeAlive, encodeAlive } from './alive.ts'
import { serveApi } from './api.ts'
import { attempt, NotLeading } from './desk.ts'
import type { Desk, Input, Leadership } from './desk.ts'
import { Sessions } from './sessions.ts'
import { LeaderTime } from './time.ts'
import { Timers } from './timers.ts'

/** Inputs that wait at most; further ones are refused at once. */
const queueLimit = 10_000
/** Inputs decided in one round at most, and changes that follow from them; what is left comes in the next rounds. */
const inputsPerRound = 500
const changesPerRound = 2000
/** Questions that wait for news at most; further ones are answered at once. */
const waitersLimit = 1000

const defaults = { heartbeatMs: 2000, suspectMs: 6000, lostMs: 10_000 }

/** Leads until another server does or the signal is aborted; gives the reason. */
export async function lead(leadership: Leadership): Promise<string> {
  const { log, state, term, clock, entropy, bus, logger } = leadership
  const over = new AbortController()
  const signal = AbortSignal.any([leadership.signal, over.signal])
  const queue: Input[] = []
  const latch = new Latch()
  const timers = new Timers<WorkKey>()
  const time = new LeaderTime(clock, state.at)
  const waiters = new Set<{ readonly seq: number; readonly wake: () => void }>()

  const desk: Desk = {
    leadership: { ...leadership, signal },
    now: () => time.now(),
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
          done: (committed) => resolve(attempt(() => make(committed))),
          refused: (reason) => reject(new NotLeading(reason)),
        }),
      ),
    changed: async (seq, ms) => {
      if (state.seq > seq || waiters.size >= waitersLimit) return
      const enough = new AbortController()
      const waiter = { seq, wake: () => enough.abort() }
      waiters.add(waiter)
      await clock.sleep(ms, AbortSignal.any([signal, enough.signal])).catch(() => undefined)
      waiters.delete(waiter)
    },
  }
  const sessions = new Sessions(desk)
  let dirty = allKeys(state)
  /** Smaller for a while after a commit was too large. */
  let changesLimit = changesPerRound
  /** Inputs to take one at a time, because one of them made a round fail. */
  let single = 0
  if (!state.cluster) queue.push(foundCluster(entropy.id(), desk))

  /** The inputs again, each in a round of its own. */
  const takeSingly = (inputs: readonly Input[]) => {
    queue.unshift(...inputs)
    single = inputs.length
  }

  /** Null when an input, or everything, made the round fail; the state is as it was then. */
  const decideRound = (inputs: readonly Input[], now: Instant): Round | null => {
    try {
      const decides = inputs.map((input) => input.decide)
      return runRound(state, decides, dirty, now, changesLimit)
    } catch (error) {
      const [input, ...others] = inputs
      if (!input) throw error
      if (others.length > 0) takeSingly(inputs)
      else {
        // A bug that one message brings out must not take the cluster's leader away.
        logger.error({ reason: messageOf(error), error }, 'a message could not be decided on: a bug')
        input.refused(`the leader could not decide this: ${messageOf(error)}`)
      }
      return null
    }
  }

  /** The commit is larger than the log takes: a smaller one, and when there is none, a refusal. */
  const makeSmaller = (inputs: readonly Input[], message: string) => {
    const [input, ...others] = inputs
    if (others.length > 0) takeSingly(inputs)
    else if (input && changesLimit > 0) {
      queue.unshift(input)
      changesLimit = 0
    } else if (input) input.refused(`this is more than the log takes at once (${message})`)
    else {
      assert(changesLimit > 1, () => `one decision is more than the log takes: ${message}`)
      changesLimit = Math.floor(changesLimit / 2)
    }
  }

  const runOnce = async (): Promise<string | null> => {
    const inputs = queue.splice(0, single > 0 ? 1 : inputsPerRound)
    single = Math.max(0, single - inputs.length)
    const now = desk.now()
    for (const key of timers.takeDue(now)) dirty.add(key)
    const round = decideRound(inputs, now)
    if (!round) return null
    const { parts, undo } = round
    if (parts.length > 0) {
      const record: CommitRecord = {
        format: recordFormat,
        prev: log.digest,
        kind: 'commit',
        term,
        at: now,
        parts,
      }
      const result = await log.append(record, signal).catch((error: unknown) => {
        // Stopped while it was not known whether the commit is in the log: whoever folds next will see.
        applyChanges(state, undo)
        for (const input of inputs) input.refused('this server stopped before it had the answer')
        throw error
      })
      if (!result.ok) {
        applyChanges(state, undo)
        if (result.reason === 'too-large') {
          makeSmaller(inputs, result.message)
          return null
        }
        for (const input of inputs) input.refused('another server leads now')
        return 'another server leads'
      }
      state.seq = result.seq
      state.at = now
      leadership.onFold?.(state)
      changesLimit = Math.min(changesPerRound, Math.max(1, changesLimit * 2))
    }
    dirty = new Set(round.left)
    for (const [key, at] of round.wakes) timers.set(key, at)
    // Before the answers, so that no set that is made for one of them is taken for newer than it is.
    if (parts.length > 0) sessions.tell(undo)
    for (const input of inputs)
      try {
        input.done(state)
      } catch (error) {
        logger.error({ reason: messageOf(error), error }, 'an answer could not be made: a bug')
      }
    if (parts.length > 0) for (const waiter of waiters) if (state.seq > waiter.seq) waiter.wake()
    return null
  }

  const services = [
    ...sessions.serve(),
    ...serveApi(desk),
    // Another server that leads in a newer term ends this leadership at once.
    bus.serve(subjects.leaderAlive, async ({ data }) => {
      const heard = decodeAlive(data)
      if (heard !== undefined && heard > term) over.abort()
      return null
    }),
  ]
  const alive = (async () => {
    while (!signal.aborted) {
      bus.publish(subjects.leaderAlive, encodeAlive(term, leadership.id))
      await clock.sleep(aliveEveryMs, signal)
    }
  })().catch(() => undefined)

  try {
    while (!signal.aborted) {
      const reason = await runOnce()
      if (reason !== null) return reason
      noteSilentNodes(desk, sessions, state)
      if (queue.length > 0 || dirty.size > 0) continue
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
  for (const node of sessions.silent(state))
    desk.submit({
      // It may have been heard by the time this is decided.
      decide: (current) => {
        const silence = sessions.silenceOf(node)
        const status = current.cluster ? statusAfterSilence(silence, current.cluster) : 'ready'
        if (status === 'ready') return null
        return {
          cause: {
            by: 'leader',
            what: `node ${node} is ${status}: silent for ${Math.floor(silence / 1000)} s`,
          },
          changes: recordNodeStatus(current, node, status, desk.now()),
        }
      },
      done: () => undefined,
      refused: () => undefined,
    })
}

function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b
  return b === null ? a : Math.min(a, b)
}
