// A program of a test's own that can be killed, paused and started again, wherever it runs. Invariant: it is a child of
// the test's process, so that its end is noticed and its number is never another's; what it writes goes to a file.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ProgramSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Takes what it writes, appended. */
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
}

export class Program {
  readonly name: string
  readonly #spec: ProgramSpec
  #child: ChildProcess | null = null

  constructor(spec: ProgramSpec) {
    this.name = spec.name
    this.#spec = spec
  }

  /** Starts it, or does nothing while it runs. */
  start(): void {
    if (this.isRunning) return
    const { command, args, logFile, env } = this.#spec
    const log = openSync(logFile, 'a')
    const child = spawn(command, args, {
      stdio: ['ignore', log, log],
      detached: true,
      ...(env === undefined ? {} : { env }),
    })
    closeSync(log)
    child.once('error', (error) => process.stderr.write(`${this.name}: ${error.message}\n`))
    this.#child = child
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error(`${this.name} was never started`)
    return pid
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Everything it has written, in all its lives. */
  output(): string {
    return existsSync(this.#spec.logFile) ? readFileSync(this.#spec.logFile, 'utf8') : ''
  }

  /** For a process that ends: whoever holds programs kills them in its own last moment. */
  killNow(): void {
    this.#child?.kill('SIGKILL')
  }

  /** SIGKILL, as a crash does; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', 10_000)
  }

  /** SIGTERM, and SIGKILL after 10 s. */
  async stop(): Promise<void> {
    this.resume()
    if (!(await this.#end('SIGTERM', 10_000))) await this.kill()
  }

  async restart(): Promise<void> {
    await this.stop()
    this.start()
  }

  /** SIGSTOP: its connections stay open and nothing answers on them. */
  pause(): void {
    if (this.isRunning) this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    if (this.isRunning) this.#child?.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
    const child = this.#child
    if (!child || !this.isRunning) return true
    const ended = once(child, 'exit').then(() => true)
    child.kill(signal)
    const late = new AbortController()
    const limit = sleep(limitMs, false, { signal: late.signal }).catch(() => false)
    const isOver = await Promise.race([ended, limit])
    late.abort()
    return isOver
  }
}
