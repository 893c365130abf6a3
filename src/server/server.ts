// One server of the control plane: follows the log, tries to become leader when it hears none, leads until another
// does. Invariant: it leads only with the word of a majority, after its own term record was appended right behind the last
// record it has folded; time decides only when to try. What a leader does is in leader.ts.

import { emptyState, foldRecord, messageOf, recordFormat, sha256 } from '../model/index.ts'
import type { LogRecord, MutableState, Seq, Term } from '../model/index.ts'
import { aliveEveryMs } from './alive.ts'
import { settleDivision } from './division.ts'
import { hasEnded } from './ended.ts'
import { lead } from './leader.ts'
import { Division, LogDamage, NotSettled } from './log-errors.ts'
import { Log } from './log.ts'
import type { Tip } from './log.ts'
import { serversOf } from './membership.ts'
import type { LogCopy, ServerOptions } from './ports.ts'
import { newestSnapshot, SnapshotKeeper } from './snapshots.ts'
import { Standing } from './standing.ts'
import { LeaderTime } from './time.ts'

/** A follower that hears nothing for a random time in this range tries for the next term. */
const electionMs = { min: 1000, max: 2000 }

interface Opened {
  readonly log: Log
  readonly state: MutableState
  readonly keeper: SnapshotKeeper
}

/** Runs until the signal; rejects only on damage of the log or a bug. */
export async function startServer(options: ServerOptions): Promise<void> {
  const { signal, copy } = options
  try {
    let opened = await openLog(options)
    const standing = new Standing(options, opened.log)
    const services = standing.serve()
    const hasOthers = () => [...serversOf(opened.state, options)].some((id) => id !== options.id)
    const over = new AbortController()
    const repeating = standing.repeat(hasOthers, AbortSignal.any([signal, over.signal]))
    try {
      while (!hasEnded(signal))
        try {
          await followAndLead(options, opened, standing)
        } catch (error) {
          if (!(error instanceof Division)) throw error
          const { log, state } = opened
          const compare = () => log.compare(signal)
          await settleDivision(options, compare, serversOf(state, options), standing.reports)
          opened = await openLog(options)
          standing.log = opened.log
        }
    } finally {
      for (const service of services) service.close()
      over.abort()
      await repeating
      await opened.keeper.close()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await copy.close()
  }
}

async function openLog(options: ServerOptions): Promise<Opened> {
  const { snapshots, copy, logger } = options
  const base = snapshots && (await newestSnapshot(snapshots, (tip) => holds(copy, tip), logger))
  const state = base?.state ?? emptyState()
  const log = await Log.open(options, ({ seq, record }) => foldOrStop(state, record, seq), base?.tip)
  logger.info({ seq: state.seq, term: state.term, from: base?.tip.seq ?? 0 }, 'the log is folded')
  return { log, state, keeper: new SnapshotKeeper(options, base?.tip.seq ?? 0) }
}

/** Whether the copy has the record that a snapshot stands on. */
async function holds(copy: LogCopy, { seq, digest }: Tip): Promise<boolean> {
  const [record] = await copy.read(seq, seq)
  return record !== undefined && sha256(record.bytes) === digest
}

async function followAndLead(options: ServerOptions, opened: Opened, standing: Standing): Promise<void> {
  const { logger, signal } = options
  const { log, state, keeper } = opened
  // A log that may be empty has no leader to wait for. Only once: whoever is refused has something to fold first.
  let isFirst = state.seq === 0
  while (!signal.aborted) {
    options.onRole?.('follower', state.term)
    await followUntilSilence(options, opened, standing, isFirst)
    isFirst = false
    if (hasEnded(signal)) break
    const term = await tryForTerm(options, opened, standing)
    if (term === null) continue
    logger.info({ term }, 'leading')
    options.onRole?.('leader', term)
    const reason = await lead({ ...options, log, state, term, standing, keeper })
    logger.info({ term, reason }, 'not leading any more')
  }
}

/** Folds what comes until no leader has been heard for the election time. */
async function followUntilSilence(
  options: ServerOptions,
  { log, state, keeper }: Opened,
  standing: Standing,
  isFirst: boolean,
): Promise<void> {
  const { clock, entropy, logger, signal } = options
  const patience = isFirst ? 0 : electionMs.min + entropy.fraction() * (electionMs.max - electionMs.min)
  let begunAt = clock.monotonic()
  const stop = new AbortController()
  const tailSignal = AbortSignal.any([signal, stop.signal])
  const tailing = (async () => {
    let said = ''
    while (!tailSignal.aborted)
      try {
        for await (const records of log.follow(tailSignal)) {
          for (const { seq, record } of records) {
            foldOrStop(state, record, seq)
            if (record.kind === 'term') begunAt = clock.monotonic()
            options.onFold?.(state)
          }
          said = ''
          if (serversOf(state, options).size > 1) standing.announce()
          keeper.consider(state, log.tip)
        }
      } catch (error) {
        if (error instanceof LogDamage || error instanceof Division) throw error
        if (hasEnded(tailSignal)) return
        const reason = messageOf(error)
        if (reason !== said) logger.warn({ reason }, 'lost the log; trying again')
        said = reason
        await clock.sleep(aliveEveryMs, tailSignal).catch(() => undefined)
      }
  })()
  // A failure of the tail is rethrown below, once the wait has noticed it.
  const tail = { hasFailed: false }
  tailing.catch(() => (tail.hasFailed = true))
  try {
    for (;;) {
      const left = Math.max(begunAt, standing.heardAt) + patience - clock.monotonic()
      if (left <= 0 || tail.hasFailed) break
      await clock.sleep(Math.min(left, aliveEveryMs), signal)
    }
  } finally {
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

/**
 * Appends a term record behind everything this server has folded, with the word of a majority; null when it does not have
 * that, or somebody else was first. Whoever has the word of a majority has all in his log that a majority has copied; so
 * what a store lost between the question and the append is put back before the append, and none of it can be lost by it.
 */
async function tryForTerm(
  options: ServerOptions,
  { log, state }: Opened,
  standing: Standing,
): Promise<Term | null> {
  const { clock, id, logger, signal } = options
  const servers = serversOf(state, options)
  const term = standing.nextTerm
  if (!servers.has(id) || !(await standing.couldStand(term, servers, signal))) return null
  const over = new AbortController()
  try {
    if (!(await standing.stand(term, servers, signal))) return null
    // The word of this very server goes to another one while it asks the store: then it makes way.
    standing.onPromised = () => over.abort()
    const mayGoOn = () => standing.promised === term
    const trying = AbortSignal.any([signal, over.signal])
    if (!mayGoOn() || !(await log.restore(mayGoOn, trying))) return null
    const record = {
      format: recordFormat,
      prev: log.digest,
      kind: 'term' as const,
      term,
      server: id,
      at: new LeaderTime(clock, state.at).now(),
    }
    const result = await log.append(record, mayGoOn, trying)
    if (!result.ok) return null
    foldRecord(state, record, result.seq)
    return record.term
  } catch (error) {
    if (hasEnded(over.signal) && !hasEnded(signal)) return null
    if (!(error instanceof NotSettled)) throw error
    logger.warn({ term, reason: error.message }, 'gave up trying to lead')
    return null
  } finally {
    standing.onPromised = null
  }
}
