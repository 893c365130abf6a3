// Following an apply or a destroy to its end. Invariant: the exit code says how it ended, and giving up watching
// changes nothing in the cluster.

import { exitCodes, Fault, humanDuration, unreachable } from '../model/index.ts'
import type { ClusterView, Duration } from '../model/index.ts'
import { progressOf, renderProgress } from '../plan/index.ts'
import type { Plan } from '../plan/index.ts'
import type { Client } from './client.ts'
import { event } from './event.ts'
import type { Context } from './context.ts'
import { printable } from './terminal.ts'

/** How long a task that is healthy may still say what is wrong (a port being opened) before that is the result. */
const troubleMs: Duration = 10_000

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
  let troubledSince: number | null = null
  for (;;) {
    const left = timeoutMs - (clock.monotonic() - started)
    let view: ClusterView
    try {
      view = await client.status({ after, waitMs: Math.max(1, Math.floor(Math.min(waitMs, left))) })
    } catch (error) {
      if (signal.aborted) {
        terminal.endDrawing()
        terminal.say(`not watching any more; the apply goes on, gantry status ${plan.stack} shows it`)
        return exitCodes.interrupted
      }
      if (!(error instanceof Fault) || error.exit !== exitCodes.failed) throw error
      // It is in the log, and whoever leads next carries on with it.
      if (left <= 0) {
        terminal.endDrawing()
        const summary = `${plan.stack} version ${version} is applied, but nobody can say how it goes: ${error.message}`
        if (json) terminal.out(event('result', { outcome: 'timed-out', summary, exit: exitCodes.timedOut }))
        else terminal.out(printable(summary))
        return exitCodes.timedOut
      }
      if (!json)
        terminal.draw([printable(`applied; waiting for the cluster to answer: ${error.details.what}`)])
      await clock.sleep(1000, signal).catch(() => undefined)
      continue
    }
    after = view.seq
    const progress = progressOf(view, plan, version)
    const lines = renderProgress(progress, { width: terminal.drawWidth, color: terminal.hasErrColor })
    if (json) {
      const text = JSON.stringify(progress.lines)
      if (text !== lastLines) terminal.out(event('progress', { seq: view.seq, lines: progress.lines }))
      lastLines = text
    } else terminal.draw(lines)
    const took = humanDuration(clock.monotonic() - started)
    const troubles = progress.outcome === 'done' ? troublesOf(view, plan.stack) : []
    if (troubles.length > 0 && left > 0) {
      troubledSince ??= clock.monotonic()
      if (clock.monotonic() - troubledSince < troubleMs) continue
      terminal.endDrawing()
      const summary = `applied, but ${troubles.join('; ')}`
      if (json) terminal.out(event('result', { outcome: 'failed', summary, exit: exitCodes.failed }))
      else terminal.out(printable(`${summary} (${took})`))
      return exitCodes.failed
    }
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

/** What healthy tasks of the stack say is wrong with them: each thing once. */
function troublesOf(view: ClusterView, stack: string): string[] {
  const messages = view.tasks.flatMap(({ stack: of, owner, desired, health, message }) =>
    of === stack && desired === 'run' && health === 'healthy' && message !== null
      ? [`${owner}: ${message}`]
      : [],
  )
  return [...new Set(messages)].sort()
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
