// Following an apply or a destroy to its end. Invariant: the exit code says how it ended, and giving up watching
// changes nothing in the cluster.

import { exitCodes, humanDuration, unreachable } from '../model/index.ts'
import type { ClusterView, Duration } from '../model/index.ts'
import { progressOf, renderProgress } from '../plan/index.ts'
import type { Plan } from '../plan/index.ts'
import type { Client } from './client.ts'
import { event } from './commands/apply.ts'
import type { Context } from './context.ts'

/** How long the leader holds a question for news at most. */
const waitMs: Duration = 2000

export interface Followed {
  readonly plan: Plan
  /** Version of the stack that the apply made. */
  readonly version: number
  readonly timeoutMs: Duration
  readonly json: boolean
}

export async function follow(context: Context, client: Client, followed: Followed): Promise<number> {
  const { terminal, clock, signal } = context
  const { plan, version, timeoutMs, json } = followed
  const started = clock.monotonic()
  let after = 0
  let lastLines = ''
  for (;;) {
    const left = timeoutMs - (clock.monotonic() - started)
    let view: ClusterView
    try {
      view = await client.status({ after, waitMs: Math.max(1, Math.min(waitMs, left)) })
    } catch (error) {
      if (!signal.aborted) throw error
      terminal.endDrawing()
      terminal.say(`not watching any more; the apply goes on, gantry status ${plan.stack} shows it`)
      return exitCodes.interrupted
    }
    after = view.seq
    const progress = progressOf(view, plan, version)
    const lines = renderProgress(progress, { width: terminal.width, color: terminal.hasErrColor })
    if (json) {
      const text = JSON.stringify(progress.lines)
      if (text !== lastLines) terminal.out(event('progress', { seq: view.seq, lines: progress.lines }))
      lastLines = text
    } else terminal.draw(lines)
    const took = humanDuration(clock.monotonic() - started)
    if (progress.outcome !== 'progressing') {
      terminal.endDrawing()
      const exit = exitOf(progress.outcome)
      if (json) terminal.out(event('result', { outcome: progress.outcome, summary: progress.summary, exit }))
      else terminal.out(`${progress.summary} (${took})`)
      return exit
    }
    if (left <= 0) {
      terminal.endDrawing()
      if (json)
        terminal.out(
          event('result', { outcome: 'timed-out', summary: progress.summary, exit: exitCodes.timedOut }),
        )
      else
        terminal.out(
          `still going on after ${took}: ${progress.summary}; gantry status ${plan.stack} shows how it is`,
        )
      return exitCodes.timedOut
    }
  }
}

function exitOf(outcome: 'done' | 'rolled-back' | 'failed' | 'superseded'): number {
  switch (outcome) {
    case 'done':
      return exitCodes.ok
    case 'rolled-back':
      return exitCodes.rolledBack
    case 'failed':
      return exitCodes.failed
    case 'superseded':
      return exitCodes.otherApplyWon
    default:
      return unreachable(outcome)
  }
}
