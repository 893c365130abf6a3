// `gantry logs SELECTOR`: what tasks wrote, merged, each line with its task in front. Invariant: what containers write
// cannot steer the terminal of whoever reads it.

import { exitCodes, Fault } from '../../model/index.ts'
import type { LogChunk, TaskView } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { isEmptyView, selectView } from '../status.ts'
import { printable } from '../terminal.ts'
import { nothingThere, requireSelector } from './status.ts'

export interface LogsArgs {
  readonly selector: string
  readonly follow: boolean
  /** A number of lines for each task, or `all`. */
  readonly tail: string
  readonly timestamps: boolean
  readonly json: boolean
  readonly streamId: () => string
}

/** How long an agent may be silent in the middle of a log that is not followed. */
const idleLimitMs = 15_000
/** How often new tasks are looked for while following. */
const lookEveryMs = 2000

export const runLogs: Command<LogsArgs> = async (
  { terminal, clock, signal, readerGone, withClient },
  args,
) => {
  const selector = requireSelector(args.selector)
  const tail = parseTail(args.tail)
  const painted = [terminal.color.cyan, terminal.color.yellow, terminal.color.green, terminal.color.magenta]
  return withClient(async (client) => {
    const begun = new Set<string>()
    const problems: string[] = []
    const show = (task: TaskView, chunk: LogChunk) => {
      const paint = painted[task.slot % painted.length] ?? ((text: string) => text)
      for (const { at, source, text } of chunk.lines)
        if (args.json)
          terminal.out(
            JSON.stringify({ format_version: 1, task: task.id, address: task.address, at, source, text }),
          )
        else
          terminal.out(
            `${paint(task.address)} ${args.timestamps ? `${terminal.color.dim(printable(at))} ` : ''}${printable(text)}`,
          )
    }
    const read = async (task: TaskView, node: string, all: boolean): Promise<void> => {
      const problem = await client.readLogs(
        { task: task.id, node, follow: args.follow, tail: all ? null : tail },
        (chunk) => show(task, chunk),
        args.streamId(),
        idleLimitMs,
      )
      if (problem !== null) {
        problems.push(`${task.address}: ${problem}`)
        terminal.say(printable(`${task.address}: ${problem}`))
      }
    }
    const reading: Promise<void>[] = []
    const gone = new Promise<void>((resolve) => {
      readerGone.addEventListener('abort', () => resolve(), { once: true })
    })
    let view = await client.status()
    if (isEmptyView(selectView(view, selector))) throw nothingThere(args.selector)
    for (let isFirst = true; ; isFirst = false) {
      for (const task of selectView(view, selector).tasks)
        if (task.node !== null && task.containerId !== null && !begun.has(task.id)) {
          begun.add(task.id)
          reading.push(read(task, task.node, !isFirst))
        }
      if (!args.follow) {
        if (begun.size === 0) terminal.say(`no task of ${args.selector} has started yet`)
        break
      }
      // Tasks that come while following are followed too, from their first line.
      await clock.sleep(lookEveryMs, AbortSignal.any([signal, readerGone])).catch(() => undefined)
      if (signal.aborted || readerGone.aborted) break
      view = await client.status()
    }
    await Promise.race([Promise.all(reading), gone])
    if (readerGone.aborted) return exitCodes.ok
    if (signal.aborted) return exitCodes.interrupted
    return problems.length > 0 ? exitCodes.failed : exitCodes.ok
  })
}

function parseTail(text: string): number | null {
  if (text === 'all') return null
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new Fault({
    what: `--tail ${text} is not a number of lines`,
    fix: 'write a number up to 999999, or all',
    exit: exitCodes.usage,
  })
}
