// Processes that outlive the command that starts them: the servers of a one-node cluster. Invariant: a pid file names
// one process for good, by pid, start time and boot, so that a reused pid is never taken for ours and nobody else's
// process is ever signalled. Linux only, and says so elsewhere. It does not restart what dies.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { Fault, exitCodes, messageOf } from '../../model/index.ts'
import type { Clock, Duration } from '../../model/index.ts'
import { readJson, writeFileAtomically } from '../files/index.ts'
import { systemClock } from './clock.ts'

export interface DetachedProcess {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Takes what it writes to standard output and error, appended. */
  readonly logFile: string
  readonly pidFile: string
  readonly cwd?: string
}

export type ProcessState =
  { readonly state: 'running'; readonly pid: number; readonly command: string } | { readonly state: 'gone' }

const pidRecord = z.strictObject({
  pid: z.int().positive(),
  /** Clock ticks from boot to the start of the process. */
  startTicks: z.string(),
  boot: z.string(),
  command: z.string(),
})
type PidRecord = z.infer<typeof pidRecord>

/** After SIGKILL the kernel needs a moment, or longer for a process that waits for a dead disk. */
const killWaitMs = 5000
const pollMs = 20

/**
 * Starts a process in a session of its own; resolves with its pid once it runs and the pid file is written. A `Fault`
 * when the pid file's process still runs, or the program cannot be started.
 */
export async function startDetached({
  command,
  args,
  env,
  logFile,
  pidFile,
  cwd,
}: DetachedProcess): Promise<number> {
  requireLinux()
  const there = await readProcess(pidFile)
  if (there.state === 'running')
    throw new Fault({
      what: `${there.command} is running already as process ${there.pid}`,
      why: `${pidFile} says so`,
      fix: 'stop it first',
    })
  await mkdir(dirname(logFile), { recursive: true })
  const log = await open(logFile, 'a', 0o640)
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(env === undefined ? {} : { env }),
      ...(cwd === undefined ? {} : { cwd }),
    })
    // The start time is read before anything else can happen: until this process collects it, a child that has ended
    // at once is still in /proc.
    const started = child.pid === undefined ? null : readStat(child.pid)
    await once(child, 'spawn').catch((error: unknown) => {
      throw new Fault({ what: `cannot start ${command}`, why: messageOf(error) }, { cause: error })
    })
    if (child.pid === undefined || started === null)
      throw new Error(`a spawned process without an entry in /proc`)
    child.unref()
    const record: PidRecord = { pid: child.pid, startTicks: started.startTicks, boot: bootId(), command }
    try {
      await writeFileAtomically(pidFile, `${JSON.stringify(record)}\n`)
    } catch (error) {
      send(record, 'SIGKILL') // nobody would ever find it again
      throw error
    }
    return child.pid
  } finally {
    await log.close()
  }
}

/** Whether the process that the pid file names still runs; a file that is not there names none. */
export async function readProcess(pidFile: string): Promise<ProcessState> {
  requireLinux()
  const record = await readJson(pidFile, pidRecord, 'the pid file')
  if (record === null || !isOurs(record)) return { state: 'gone' }
  return { state: 'running', pid: record.pid, command: record.command }
}

/**
 * Asks the process to end, kills it after `graceMs`, and removes the pid file. `gone`: it did not run. A `Fault` when it
 * may not be signalled or does not end.
 */
export async function stopProcess(
  pidFile: string,
  options: {
    /** Default SIGTERM. */
    readonly signal?: NodeJS.Signals
    /** Default 10 s. */
    readonly graceMs?: Duration
    readonly clock?: Clock
  } = {},
): Promise<'stopped' | 'killed' | 'gone'> {
  requireLinux()
  const { signal = 'SIGTERM', graceMs = 10_000, clock = systemClock } = options
  const record = await readJson(pidFile, pidRecord, 'the pid file')
  let outcome: 'stopped' | 'killed' | 'gone' = 'gone'
  if (record !== null && isOurs(record)) {
    outcome = 'stopped'
    send(record, signal)
    if (!(await hasEnded(record, graceMs, clock))) {
      outcome = 'killed'
      send(record, 'SIGKILL')
      if (!(await hasEnded(record, killWaitMs, clock)))
        throw new Fault({
          what: `process ${record.pid} (${record.command}) does not end`,
          why: 'not even when killed: it waits for a device',
          fix: 'look at it with ps, and at the kernel log',
        })
    }
  }
  await rm(pidFile, { force: true })
  return outcome
}

async function hasEnded(record: PidRecord, limitMs: Duration, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + limitMs
  while (isOurs(record)) {
    if (clock.monotonic() >= until) return false
    await clock.sleep(pollMs)
  }
  return true
}

function send(record: PidRecord, signal: NodeJS.Signals): void {
  try {
    process.kill(record.pid, signal)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return // it ended by itself just now
    throw new Fault(
      {
        what: `cannot stop process ${record.pid} (${record.command})`,
        why: messageOf(error),
        fix: 'run as the user who started it, or as root',
        exit: exitCodes.rights,
      },
      { cause: error },
    )
  }
}

function isOurs(record: PidRecord): boolean {
  if (record.boot !== bootId()) return false
  const stat = readStat(record.pid)
  return stat !== null && stat.startTicks === record.startTicks && !stat.hasEnded
}

/** State and start time from /proc/<pid>/stat; the name in parentheses may itself hold blanks and parentheses. */
function readStat(pid: number): { readonly startTicks: string; readonly hasEnded: boolean } | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null // no such process
  }
  // Fields 3 (state) to 22 (start time) stand behind the name: proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  return { startTicks: fields[19] ?? '', hasEnded: state === 'Z' || state === 'X' }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

function requireLinux(): void {
  if (process.platform === 'linux') return
  throw new Fault({
    what: 'gantry keeps servers running on Linux only',
    why: `this is ${process.platform}`,
    fix: 'run the cluster on Linux; check and plan work here',
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
