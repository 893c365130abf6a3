// How long the engine may take for each kind of call, and how many calls it gets at once.

import type { Duration } from '../../model/index.ts'

/** Milliseconds; the wait for a place at the engine counts in. */
export interface DockerLimits {
  /** `info`, `list`, `inspect`, `hasImage`, networks, volumes; and until a stream of logs or events begins. */
  readonly readMs: Duration
  readonly createMs: Duration
  readonly startMs: Duration
  /** On top of the grace. */
  readonly stopMs: Duration
  readonly removeMs: Duration
  /** Without any progress. */
  readonly pullIdleMs: Duration
  /** On top of the timeout: for the engine's own part of an exec. */
  readonly execMs: Duration
}

export const dockerLimits: DockerLimits = {
  readMs: 30_000,
  createMs: 60_000,
  startMs: 120_000,
  stopMs: 30_000,
  removeMs: 60_000,
  pullIdleMs: 120_000,
  execMs: 400,
}

/** Calls at once. */
export interface DockerConcurrency {
  readonly create: number
  readonly start: number
}

/**
 * Eight are best: 30 containers created and started on 2 busy cores (dockerd 20.10.24) take, min/median/max of five in
 * seconds, 9.8/13.1/13.7 at one at a time, 5.6/7.5/11.1 at 2, 5.7/6.6/8.8 at 4, 4.8/6.5/8.1 at 8, 6.4/7.3/8.0 at 16.
 */
export const dockerConcurrency: DockerConcurrency = { create: 8, start: 8 }
