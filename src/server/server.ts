// One server of the control plane: follows the log, tries to become leader when it hears none, leads until another
// does. Invariant: it leads only after its own term record was appended right behind the last record it has folded;
// time decides only when to try. What a leader does is in leader.ts.

import { emptyState, foldRecord, messageOf, recordFormat, subjects } from '../model/index.ts'
import type { LogRecord, MutableState, Seq, Term } from '../model/index.ts'
import { aliveEveryMs, decodeAlive } from './alive.ts'
import type { ServerOptions } from './ports.ts'
import { Log, LogDamage } from './log.ts'
import { lead } from './leader.ts'
import { LeaderTime } from './time.ts'

/** A follower that hears nothing for a random time in this range tries for the next term. */
const electionMs = { min: 1000, max: 2000 }

/** Runs until the signal; rejects only on damage of the log or a bug. */
export async function startServer(options: ServerOptions): Promise<void> {
  const { logger, signal, copy } = options
  try {
    const state = emptyState()
    const log = await Log.open(options, ({ seq, record }) => foldRecord(state, record, seq), signal)
    logger.info({ seq: state.seq, term: state.term }, 'the log is folded')
    // A log that may be empty has no leader to wait for. Only once: whoever is refused has something to fold first.
    let isFirst = state.seq === 0
    while (!signal.aborted) {
      options.onRole?.('follower', state.term)
      await followUntilSilence(options, log, state, isFirst)
      isFirst = false
      if (hasEnded(signal)) break
      const term = await tryForTerm(options, log, state)
      if (term === null) continue
      logger.info({ term }, 'leading')
      options.onRole?.('leader', term)
      const reason = await lead({ ...options, log, state, term })
      logger.info({ term, reason }, 'not leading any more')
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await copy.close()
  }
}

/** A function, because the compiler takes a signal that was not aborted once for one that never is. */
function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted
}

/** Folds what comes until no leader has been heard for the election time. */
async function followUntilSilence(
  options: ServerOptions,
  log: Log,
  state: MutableState,
  isFirst: boolean,
): Promise<void> {
  const { bus, clock, entropy, logger, signal } = options
  const patience = isFirst ? 0 : electionMs.min + entropy.fraction() * (electionMs.max - electionMs.min)
  let heardAt = clock.monotonic()
  const subscription = bus.serve(subjects.leaderAlive, async ({ data }) => {
    const term = decodeAlive(data)
    if (term !== undefined && term >= state.term) heardAt = clock.monotonic()
    return null
  })
  const stop = new AbortController()
  const tailSignal = AbortSignal.any([signal, stop.signal])
  const tailing = (async () => {
    while (!tailSignal.aborted)
      try {
        for await (const records of log.follow(tailSignal))
          for (const { seq, record } of records) {
            foldOrStop(state, record, seq)
            if (record.kind === 'term') heardAt = clock.monotonic()
            options.onFold?.(state)
          }
      } catch (error) {
        if (error instanceof LogDamage) throw error
        if (hasEnded(tailSignal)) return
        logger.warn({ reason: messageOf(error) }, 'lost the log; trying again')
        await clock.sleep(aliveEveryMs, tailSignal).catch(() => undefined)
      }
  })()
  // A failure of the tail is rethrown below, once the wait has noticed it.
  const tail = { hasFailed: false }
  tailing.catch(() => (tail.hasFailed = true))
  try {
    for (;;) {
      const left = heardAt + patience - clock.monotonic()
      if (left <= 0 || tail.hasFailed) break
      await clock.sleep(Math.min(left, aliveEveryMs), signal)
    }
  } finally {
    subscription.close()
    stop.abort()
    // Nothing may write to the copy once it is closed; why the tail ended does not matter when all ends.
    await tailing.catch((error: unknown) => {
      if (!hasEnded(signal)) throw error
    })
  }
}

/** A record that cannot be folded must never be passed over. */
function foldOrStop(state: MutableState, record: LogRecord, seq: Seq): void {
  try {
    foldRecord(state, record, seq)
  } catch (error) {
    throw new LogDamage(`record ${seq} of the log does not follow from those before it: ${messageOf(error)}`)
  }
}

/** Appends a term record behind everything this server has folded; null when somebody else was first. */
async function tryForTerm(options: ServerOptions, log: Log, state: MutableState): Promise<Term | null> {
  const { clock, id, signal } = options
  const record = {
    format: recordFormat,
    prev: log.digest,
    kind: 'term' as const,
    term: state.term + 1,
    server: id,
    at: new LeaderTime(clock, state.at).now(),
  }
  const result = await log.append(record, signal)
  if (!result.ok) return null
  foldRecord(state, record, result.seq)
  return record.term
}
