// One server of the control plane: follows the log, tries to become leader when it hears none, leads until another
// does. Invariant: it leads only after its own term record was appended right behind the last record it has folded;
// time decides only when to try. What a leader does is in leader.ts.

import { decodeJson, emptyState, foldRecord, messageOf, recordFormat, subjects } from '../model/index.ts'
import type { Bus, Clock, Logger, MutableState, Term } from '../model/index.ts'
import { z } from 'zod'
import type { Entropy, LogCopy, LogStore, Vault } from './ports.ts'
import { Log } from './log.ts'
import { lead } from './leader.ts'

export interface ServerOptions {
  /** Identity of this server in the log; unique in the cluster, the same after a restart. */
  readonly id: string
  readonly store: LogStore
  readonly copy: LogCopy
  readonly bus: Bus
  readonly clock: Clock
  readonly entropy: Entropy
  readonly vault: Vault
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Called after each change of role; for tests and for the process's log. */
  readonly onRole?: (role: 'follower' | 'leader', term: Term) => void
}

/** The leader says this often that it is there. */
export const aliveEveryMs = 250
/** A follower that hears nothing for a random time in this range tries for the next term. */
const electionMs = { min: 1000, max: 2000 }

const aliveMessage = z.object({ term: z.int().nonnegative(), server: z.string() })
export type AliveMessage = z.infer<typeof aliveMessage>

/** Runs until the signal; rejects only on damage of the log or a bug. */
export async function startServer(options: ServerOptions): Promise<void> {
  const { logger, signal, copy } = options
  try {
    const { log, records } = await Log.open(options, signal)
    const state = emptyState()
    for (const { seq, record } of records) foldRecord(state, record, seq)
    logger.info({ seq: state.seq, term: state.term }, 'the log is folded')
    // A log that may be empty has no leader to wait for. Only once: whoever is refused has something to fold first.
    let isFirst = state.seq === 0
    while (!signal.aborted) {
      options.onRole?.('follower', state.term)
      await followUntilSilence(options, log, state, isFirst)
      isFirst = false
      if (signal.aborted) break
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
    const alive = aliveMessage.safeParse(decodeJson(data))
    if (alive.success && alive.data.term >= state.term) heardAt = clock.monotonic()
    return null
  })
  const stop = new AbortController()
  const tailSignal = AbortSignal.any([signal, stop.signal])
  const tailing = (async () => {
    while (!tailSignal.aborted)
      try {
        for await (const { seq, record } of log.follow(tailSignal)) {
          foldRecord(state, record, seq)
          if (record.kind === 'term') heardAt = clock.monotonic()
        }
      } catch (error) {
        if (tailSignal.aborted) return
        if (error instanceof Error && error.name === 'LogDamage') throw error
        logger.warn({ reason: messageOf(error) }, 'lost the log; trying again')
        await clock.sleep(aliveEveryMs, tailSignal).catch(() => undefined)
      }
  })()
  // A failure of the tail is rethrown below, once the wait has noticed it.
  let failed = false
  tailing.catch(() => (failed = true))
  try {
    for (;;) {
      const left = heardAt + patience - clock.monotonic()
      if (left <= 0 || failed) break
      await clock.sleep(Math.min(left, aliveEveryMs), signal)
    }
  } finally {
    subscription.close()
    stop.abort()
    if (!signal.aborted || failed) await tailing
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
    at: clock.now(),
  }
  const seq = await log.append(record, signal)
  if (seq === null) return null
  foldRecord(state, record, seq)
  return record.term
}
