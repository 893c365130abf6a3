// Snapshots of the state beside this server's copy of the log, so that a start folds from the newest one and not from the
// first record on. Invariant: a snapshot is used only when it is whole and the copy holds the very record it stands on;
// otherwise an older one is, or none, and the fold says the same. The copy itself keeps everything: what the store has
// lost is put back from there.

import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { messageOf, sha256, stateFromSnapshot, takeSnapshot } from '../model/index.ts'
import type { Clock, Duration, Logger, MutableState, Seq, StateSnapshot } from '../model/index.ts'
import type { Tip } from './log.ts'
import type { Snapshots } from './ports.ts'

/** Records, and time, after which a new one is taken. */
const usually = { records: 10_000, ms: 12 * 3600 * 1000 }
const kept = 5

const format = 1
/** Fast: a leader decides nothing meanwhile. */
const gzipLevel = 1

const frame = z.looseObject({
  format: z.literal(format),
  tip: z.strictObject({ term: z.int(), seq: z.int().positive(), digest: z.string().length(64) }),
  state: z.looseObject({ format: z.literal(1), rows: z.array(z.unknown()) }),
})

export interface BasedState {
  readonly tip: Tip
  readonly state: MutableState
}

export function encodeSnapshot(state: MutableState, tip: Tip): Uint8Array {
  const content = JSON.stringify({ format, tip, state: takeSnapshot(state, state.at) })
  return gzipSync(`${sha256(content)}\n${content}`, { level: gzipLevel })
}

/** Null when it is not whole, or of another format. */
export function decodeSnapshot(bytes: Uint8Array): BasedState | null {
  let text: string
  let value: unknown
  try {
    text = gunzipSync(bytes).toString('utf8')
    const end = text.indexOf('\n')
    const content = text.slice(end + 1)
    if (sha256(content) !== text.slice(0, end)) return null
    value = JSON.parse(content)
  } catch {
    return null
  }
  const parsed = frame.safeParse(value)
  if (!parsed.success) return null
  // The digest says that this server wrote it; the rows are believed as those of a record are.
  return { tip: parsed.data.tip, state: stateFromSnapshot(parsed.data.state as unknown as StateSnapshot) }
}

/** The newest that is whole and stands on a record for which `holds` is true; null when there is none. */
export async function newestSnapshot(
  snapshots: Snapshots,
  holds: (tip: Tip) => Promise<boolean>,
  logger: Logger,
): Promise<BasedState | null> {
  for (const seq of await snapshots.list()) {
    const bytes = await snapshots.read(seq)
    const based = bytes && decodeSnapshot(bytes)
    if (based && (await holds(based.tip))) return based
    logger.warn({ seq }, 'a snapshot is damaged or of another log, and is not used')
  }
  return null
}

export interface SnapshotDeps {
  readonly snapshots?: Snapshots
  readonly snapshotEvery?: { readonly records: number; readonly ms: Duration }
  readonly clock: Clock
  readonly logger: Logger
}

/** Takes snapshots when it is time. One at a time; a failure is said, and the next one is tried when it is due. */
export class SnapshotKeeper {
  readonly #deps: SnapshotDeps
  #seq: Seq
  #takenAt: number
  #writing: Promise<void> | null = null

  /** `seq` is that of the newest there is; 0 when there is none. */
  constructor(deps: SnapshotDeps, seq: Seq) {
    this.#deps = deps
    this.#seq = seq
    this.#takenAt = deps.clock.monotonic()
  }

  /** To be called with a state that is as of the end of the log, and not of a half commit. */
  consider(state: MutableState, tip: Tip): void {
    const { snapshots, snapshotEvery = usually, clock } = this.#deps
    if (!snapshots || this.#writing || state.open !== null || state.seq !== tip.seq) return
    const grown = tip.seq - this.#seq
    const isDue =
      grown >= snapshotEvery.records || (grown > 0 && clock.monotonic() - this.#takenAt >= snapshotEvery.ms)
    if (!isDue) return
    this.#seq = tip.seq
    this.#takenAt = clock.monotonic()
    this.#writing = this.#write(snapshots, tip.seq, encodeSnapshot(state, tip)).finally(() => {
      this.#writing = null
    })
  }

  /** Resolves when nothing is being written. */
  async close(): Promise<void> {
    await this.#writing
  }

  async #write(snapshots: Snapshots, seq: Seq, bytes: Uint8Array): Promise<void> {
    const { logger } = this.#deps
    try {
      await snapshots.write(seq, bytes)
      for (const old of (await snapshots.list()).slice(kept)) await snapshots.remove(old)
      logger.info({ seq, bytes: bytes.length }, 'took a snapshot of the state')
    } catch (error) {
      // Without it a start takes longer, and nothing else.
      logger.warn({ seq, reason: messageOf(error) }, 'a snapshot could not be written')
    }
  }
}
