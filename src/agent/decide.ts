// What one task needs next: a pure function of what is wished, the containers there are, and what its worker remembers.
// Invariant: of one task no two containers run at once; a job's container is never followed by another; a container
// that is asked for is the next attempt of the same task, so that its name tells whether it is there already.

import type { Duration, Instant, Restart, TaskPhase } from '../model/index.ts'
import type { Owned } from './naming.ts'
import { restartDelay, streakAfter, waitLeft } from './restart.ts'

/** The newest container of a task, there or gone. */
export interface Attempt {
  readonly number: number
  readonly streak: number
  readonly ended: End | null
}

export interface End {
  readonly at: Instant
  readonly exitCode: number | null
  /** What the exit code does not say. */
  readonly message: string | null
  /** Ends in a row, this one included. */
  readonly streak: number
}

/** What the containers of a task have shown so far; null before the first. */
export type Life = Attempt | null

export interface Sight {
  readonly containers: readonly Owned[]
  readonly now: Instant
  /** How long the newest container has been healthy as far as it was watched; null when it was not. */
  readonly healthyMs: Duration | null
  /** Why the newest container is to be replaced though it runs: it failed its probes. */
  readonly sick: string | null
  readonly restart: Restart
}

/** Brings what is known of a task up to what is there now. */
export function observe(life: Life, { containers, now, healthyMs, sick, restart }: Sight): Life {
  const newest = newestOf(containers)
  if (!newest || (life && life.number > newest.attempt)) {
    if (!life || life.ended) return life
    const streak = streakAfter(life.streak, healthyMs ?? 0, restart)
    return { ...life, ended: { at: now, exitCode: null, message: 'its container was removed', streak } }
  }
  const { info } = newest
  const known = life?.number === newest.attempt ? life : null
  const attempt = known ?? { number: newest.attempt, streak: newest.streak, ended: null }
  if (info.state === 'running') return attempt.ended ? { ...attempt, ended: null } : attempt
  if (info.state === 'created' || attempt.ended) return attempt
  const end = {
    at: info.finishedAt ?? now,
    exitCode: info.exitCode,
    message: sick ?? (info.oomKilled ? 'it ran out of memory' : null),
    streak: streakAfter(newest.streak, healthyMs ?? ranFor(newest), restart),
  }
  return { ...attempt, ended: end }
}

/** The engine would not start or make the attempt: it has ended before it began. */
export function refuse(attempt: Omit<Attempt, 'ended'>, message: string, now: Instant): Attempt {
  return { ...attempt, ended: { at: now, exitCode: null, message, streak: attempt.streak + 1 } }
}

function ranFor({ info }: Owned): Duration {
  return info.startedAt === null || info.finishedAt === null ? 0 : info.finishedAt - info.startedAt
}

export function newestOf(containers: readonly Owned[]): Owned | undefined {
  return containers.reduce<Owned | undefined>(
    (newest, each) => (newest && newest.attempt >= each.attempt ? newest : each),
    undefined,
  )
}

/** `forget`: its node has nothing to do with it any more; nobody waits for a report. */
export type Wish = 'run' | 'stop' | 'forget'

export interface Situation {
  readonly wish: Wish
  readonly kind: 'service' | 'job'
  readonly containers: readonly Owned[]
  readonly life: Life
  readonly now: Instant
  readonly sick: string | null
  readonly restart: Restart
  /** What this host has written down of a job; null when it has not begun. */
  readonly job: JobMark | null
  /** Null: it needs none. */
  readonly lease: LeaseLeft | null
  /** The leader knows how the job ended: it never runs again, whatever this host has forgotten. */
  readonly isOver: boolean
}

/** What is left of the lease of a fenced task, and how much of it is for stopping. */
export interface LeaseLeft {
  readonly leftMs: Duration
  readonly stopMs: Duration
}

/** Whether it must not run now, or not for longer than stopping takes. */
export function isFencedOff(lease: LeaseLeft | null): boolean {
  return lease !== null && lease.leftMs <= lease.stopMs
}

/** Written down before a job's container is started, and again when it has ended. */
export interface JobMark {
  readonly end: JobEnd | null
}

export interface JobEnd {
  readonly exitCode: number | null
  readonly message: string | null
}

export type Step =
  | { readonly do: 'create'; readonly attempt: number; readonly streak: number }
  | { readonly do: 'start'; readonly container: Owned }
  /** It runs as it should. */
  | { readonly do: 'watch'; readonly container: Owned }
  /** It ended, and the next one comes later. */
  | { readonly do: 'wait'; readonly end: End; readonly ms: Duration }
  /** A job's end. */
  | {
      readonly do: 'rest'
      readonly phase: Extract<TaskPhase, 'complete' | 'failed'>
      readonly exitCode: number | null
      readonly message: string | null
    }
  /** Its lease runs out: it is stopped within what is left of it. */
  | { readonly do: 'fence'; readonly containers: readonly Owned[]; readonly leftMs: Duration }
  /** It may run again once the leader has renewed its lease. */
  | { readonly do: 'await-lease' }
  /** Without leaving first: it is sick, or one too many. */
  | { readonly do: 'kill'; readonly containers: readonly Owned[] }
  /** Leave the published ports, drain, stop. */
  | { readonly do: 'leave'; readonly containers: readonly Owned[] }
  | { readonly do: 'remove'; readonly containers: readonly Owned[] }
  /** What is left is kept for its logs; there is nothing to say. */
  | { readonly do: 'keep' }
  /** Nothing of it is left. */
  | { readonly do: 'over' }

export function decide(situation: Situation): Step {
  const { containers, life, kind, sick, now, job } = situation
  if (situation.wish !== 'run') return wayOut(containers)
  if (situation.isOver) {
    const running = containers.filter((each) => each.info.state === 'running')
    return running.length > 0 ? { do: 'kill', containers: running } : { do: 'keep' }
  }
  if (job?.end) return rest(job.end)
  if (isFencedOff(situation.lease)) {
    const running = containers.filter((each) => each.info.state === 'running')
    const leftMs = situation.lease?.leftMs ?? 0
    return running.length > 0 ? { do: 'fence', containers: running, leftMs } : { do: 'await-lease' }
  }
  const newest = newestOf(containers)
  const doubles = containers.filter((each) => each !== newest && each.info.state === 'running')
  if (doubles.length > 0) return { do: 'kill', containers: doubles }
  if (!life) {
    if (job) return rest({ exitCode: null, message: 'its container is gone; how it ended is not known' })
    return { do: 'create', attempt: 0, streak: 0 }
  }
  const { ended } = life
  if (ended && kind === 'job') return rest(ended)
  if (ended) {
    const left = waitLeft(ended.at, restartDelay(ended.streak, situation.restart), now)
    return left > 0
      ? { do: 'wait', end: ended, ms: left }
      : { do: 'create', attempt: life.number + 1, streak: ended.streak }
  }
  if (newest?.attempt !== life.number) return { do: 'create', attempt: life.number, streak: life.streak }
  if (newest.info.state === 'created') return { do: 'start', container: newest }
  return sick === null ? { do: 'watch', container: newest } : { do: 'kill', containers: [newest] }
}

function rest({ exitCode, message }: JobEnd): Step {
  return { do: 'rest', phase: exitCode === 0 ? 'complete' : 'failed', exitCode, message }
}

function wayOut(containers: readonly Owned[]): Step {
  const running = containers.filter((each) => each.info.state === 'running')
  if (running.length > 0) return { do: 'leave', containers: running }
  return containers.length > 0 ? { do: 'remove', containers } : { do: 'over' }
}

/** Dead containers beyond the last one, which is kept for its logs. */
export function leftOvers(containers: readonly Owned[]): Owned[] {
  const newest = newestOf(containers)
  const dead = containers.filter((each) => each.info.state !== 'running' && each !== newest)
  const kept = newest?.info.state === 'exited' ? newest : newestOf(dead)
  return dead.filter((each) => each !== kept)
}

/** Containers of the task that ended by themselves. */
export function restartsOf(life: Life, kind: 'service' | 'job'): number {
  if (!life || kind === 'job') return 0
  return life.number + (life.ended ? 1 : 0)
}
