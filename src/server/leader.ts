// The leader's loop: takes what users and agents brought, decides with the pure controllers, and appends one commit a
// round. Users are answered, and agents told, when a majority of the servers has a copy, in order, while further rounds
// go on. Invariant: nothing leaves this server that is not in the log; when the append is refused, the
// round is undone and this server follows again. Answers are made between rounds, so nobody sees a state that is not
// committed.

import { allKeys, assumeLeases, recordNodeStatus, runRound, statusAfterSilence } from '../control/index.ts'
import type { Round, WorkKey } from '../control/index.ts'
import {
  applyChanges,
  assert,
  encodeParts,
  Latch,
  messageOf,
  recordFormat,
  subjects,
} from '../model/index.ts'
import type {
  Bytes,
  Change,
  ClusterState,
  CommitPart,
  CommitRecord,
  ConfirmRecord,
  Duration,
  Instant,
  PartRecord,
} from '../model/index.ts'
import { aliveEveryMs, decodeAlive, encodeAlive } from './alive.ts'
import { serveApi } from './api.ts'
import { Answers } from './answers.ts'
import { recordFounding, serveEnrolment } from './enrolment.ts'
import { NotSettled } from './log-errors.ts'
import { recordFounders, serversOf } from './membership.ts'
import { attempt, notKnown, NotLeading } from './desk.ts'
import type { Desk, Input, Leadership } from './desk.ts'
import type { SettledAppend } from './log.ts'
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

/** A leader whose log a majority has not copied for this long makes way; it could give no answer anyway. */
const copiedWithinMs: Duration = 10_000
/** Room in a record for all that is not the piece of the commit it holds. */
const partHeadBytes: Bytes = 512
/** Parts that one commit has at most. */
const piecesLimit = 64

/** What of a record its leader does not know by itself. */
type RecordContent =
  | Pick<CommitRecord, 'kind' | 'parts'>
  | Pick<ConfirmRecord, 'kind'>
  | Pick<PartRecord, 'kind' | 'part' | 'of' | 'data'>

/** Whether the commit is whole with it. */
const isChange = (content: RecordContent) =>
  content.kind === 'commit' || (content.kind === 'part' && content.part === content.of)

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
  a.size === b.size && [...a].every((each) => b.has(each))

const defaults = { heartbeatMs: 2000, suspectMs: 6000, lostMs: 10_000 }

/** Leads until another server does or the signal is aborted; gives the reason. `onDesk` is given the way to its loop. */
export async function lead(leadership: Leadership, onDesk?: (desk: Desk) => void): Promise<string> {
  const { log, state, term, clock, entropy, bus, logger, standing } = leadership
  const over = new AbortController()
  const signal = AbortSignal.any([leadership.signal, over.signal])
  let ending = 'stopped'
  const endFor = (reason: string) => {
    ending = reason
    over.abort()
  }
  const queue: Input[] = []
  const latch = new Latch()
  const timers = new Timers<WorkKey>()
  const time = new LeaderTime(clock, state.at)
  const waiters = new Set<{ readonly seq: number; readonly wake: () => void }>()

  const answers = new Answers(leadership, serversOf(state, leadership))
  // The term record is the first of this term.
  answers.appended(serversOf(state, leadership))

  const ask =
    (demand: Pick<Input, 'confirms'>, isOwed: boolean): Desk['read'] =>
    <Answer>(make: (committed: ClusterState) => Answer) =>
      new Promise<Answer>((resolve, reject) => {
        let answer: Promise<Answer>
        desk.submit({
          ...demand,
          decide: () => null,
          done: (committed) => {
            answer = attempt(() => make(committed))
            if (!isOwed) resolve(answer)
            // Whoever waits for it is told of a failure once it is owed to him.
            else answer.catch(() => undefined)
          },
          ...(isOwed ? { acknowledged: () => resolve(answer) } : {}),
          refused: (reason) => reject(new NotLeading(reason)),
        })
      })
  const desk: Desk = {
    leadership: { ...leadership, signal },
    now: () => time.now(),
    submit: (input) => {
      if (signal.aborted) input.refused('this server does not lead any more')
      else if (queue.length + answers.size >= queueLimit) input.refused('the leader has too much to do')
      else {
        queue.push(input)
        latch.open()
      }
    },
    get acknowledged() {
      return answers.seq
    },
    get isChangingServers() {
      return !isSame(serversOf(state, leadership), answers.servers)
    },
    read: ask({ confirms: true }, true),
    follow: ask({}, true),
    look: ask({}, false),
    changed: async (seq, ms) => {
      if (state.seq > seq || waiters.size >= waitersLimit) return
      const enough = new AbortController()
      const waiter = { seq, wake: () => enough.abort() }
      waiters.add(waiter)
      await clock.sleep(ms, AbortSignal.any([signal, enough.signal])).catch(() => undefined)
      waiters.delete(waiter)
    },
  }
  onDesk?.(desk)
  const sessions = new Sessions(desk)
  let dirty = allKeys(state)
  /** Smaller for a while after a commit was too large. */
  let changesLimit = changesPerRound
  /** Inputs to take one at a time, because one of them made a round fail. */
  let single = 0
  if (!state.cluster || state.servers.size === 0 || state.users.size === 0)
    queue.push(foundCluster(entropy.id(), desk))
  // Before anything is decided: what of leases the last leader granted until this moment is not known.
  queue.push(beginTerm(desk))

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

  /** Makes the next try smaller, after a commit was larger than the log takes; false when it cannot be. */
  const makeSmaller = (inputs: readonly Input[]): boolean => {
    const [input, ...others] = inputs
    if (others.length > 0) takeSingly(inputs)
    else if (input && changesLimit > 0) {
      queue.unshift(input)
      changesLimit = 0
    } else if (!input && changesLimit > 1) changesLimit = Math.floor(changesLimit / 2)
    else return false
    return true
  }

  const mayGoOn = () => standing.promised <= term

  /** Appends a record; the state is then as of it. */
  const append = async (content: RecordContent, at: Instant): Promise<SettledAppend> => {
    const result = await log.append(
      { format: recordFormat, prev: log.digest, term, at, ...content },
      mayGoOn,
      signal,
    )
    if (!result.ok) return result
    state.seq = result.seq
    state.at = at
    // Before the last part is there, the log does not say what this state does.
    if (content.kind !== 'part' || isChange(content)) leadership.onFold?.(state)
    answers.appended(isChange(content) ? serversOf(state, leadership) : answers.servers)
    return result
  }

  const appendInParts = async (parts: readonly CommitPart[], at: Instant): Promise<SettledAppend> => {
    const pieces = encodeParts(parts, Math.max(1, leadership.store.recordLimit - partHeadBytes))
    if (pieces.length > piecesLimit)
      return { ok: false, reason: 'too-large', message: `${pieces.length} parts, at most ${piecesLimit}` }
    let result: SettledAppend = { ok: false, reason: 'conflict' }
    for (const [index, data] of pieces.entries()) {
      result = await append({ kind: 'part', part: index + 1, of: pieces.length, data }, at)
      if (!result.ok) break
    }
    return result
  }

  const runOnce = async (): Promise<string | null> => {
    const inputs = queue.splice(0, single > 0 ? 1 : inputsPerRound)
    single = Math.max(0, single - inputs.length)
    const now = desk.now()
    for (const key of timers.takeDue(now)) dirty.add(key)
    const round = decideRound(inputs, now)
    if (!round) return null
    const { parts, undo } = round
    if (parts.length > 0 || inputs.some(({ confirms }) => confirms)) {
      const refuse = (reason: string) => {
        applyChanges(state, undo)
        for (const input of inputs) input.refused(reason)
      }
      try {
        let result = await append(parts.length > 0 ? { kind: 'commit', parts } : { kind: 'confirm' }, now)
        if (!result.ok && result.reason === 'too-large') {
          if (makeSmaller(inputs)) {
            applyChanges(state, undo)
            return null
          }
          result = await appendInParts(parts, now)
        }
        if (!result.ok && result.reason === 'too-large') {
          assert(inputs.length > 0, () => `one decision is more than the log takes`)
          refuse(`this is more than the log takes at once (${result.message})`)
          return null
        }
        if (!result.ok) {
          refuse('another server leads now')
          return 'another server leads'
        }
      } catch (error) {
        // Whoever folds next will see whether the commit is in the log.
        refuse(notKnown('this server stopped before it had the answer'))
        if (error instanceof NotSettled) return error.message
        throw error
      }
      changesLimit = Math.min(changesPerRound, Math.max(1, changesLimit * 2))
    }
    dirty = new Set(round.left)
    for (const [key, at] of round.wakes) timers.set(key, at)
    // Before the answers, so that no set that is made for one of them is taken for newer than it is.
    if (parts.length > 0) sessions.tell(undo)
    for (const input of inputs)
      try {
        input.done(state)
        answers.owe(input)
      } catch (error) {
        logger.error({ reason: messageOf(error), error }, 'an answer could not be made: a bug')
      }
    answers.give()
    leadership.keeper.consider(state, log.tip)
    if (parts.length > 0) for (const waiter of waiters) if (state.seq > waiter.seq) waiter.wake()
    return null
  }

  const services = [
    ...sessions.serve(),
    ...serveApi(desk),
    ...serveEnrolment(desk),
    // Another server that leads in a newer term ends this leadership at once.
    bus.serve(subjects.leaderAlive, async ({ data }) => {
      const heard = decodeAlive(data)
      if (heard !== undefined && heard > term) over.abort()
      return null
    }),
  ]
  standing.leads = true
  standing.onCopied = (_, { promised }) => {
    // A majority may follow it, and none of those counts for this term any more.
    if (promised > term) endFor('another server has given its word for a newer term')
    else {
      answers.copied()
      if (!answers.servers.has(leadership.id) && answers.seq === log.last)
        endFor('this server is none any more')
    }
  }
  standing.onPromised = () => endFor('this server has given its word for a newer term')
  const alive = (async () => {
    while (!signal.aborted) {
      if (answers.stalledFor > copiedWithinMs) endFor('a majority of the servers does not copy the log')
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
    return ending
  } catch (error) {
    if (signal.aborted) return ending
    throw error
  } finally {
    over.abort()
    standing.leads = false
    standing.onCopied = null
    standing.onPromised = null
    for (const service of services) service.close()
    answers.refuseAll('this server does not lead any more')
    for (const input of queue) input.refused('this server does not lead any more')
    for (const waiter of waiters) waiter.wake()
    await alive
    logger.debug({ term }, 'the leadership is over')
  }
}

function foundCluster(id: string, desk: Desk): Input {
  return {
    decide: (state) => {
      const cluster = { id, createdAt: desk.now(), serial: 0, ...defaults }
      return {
        cause: { by: 'leader', what: 'found the cluster' },
        changes: [
          ...(state.cluster ? [] : [{ table: 'cluster', key: 'cluster', value: cluster } satisfies Change]),
          ...(state.servers.size > 0 ? [] : recordFounders(desk.leadership, desk.now())),
          ...(state.users.size > 0 ? [] : recordFounding(desk.leadership, desk.now())),
        ],
      }
    },
    done: () => undefined,
    refused: () => undefined,
  }
}

function beginTerm(desk: Desk): Input {
  return {
    decide: (state) => ({
      cause: { by: 'leader', what: 'count every lease as renewed now' },
      changes: assumeLeases(state, desk.now()),
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
          changes: recordNodeStatus(current, node, status, desk.now(), desk.now() - Math.floor(silence)),
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
