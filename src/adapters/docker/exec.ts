// Runs a command in a container and says how it ended. Invariant: it answers within the timeout whatever the command
// does; one that has not ended by then counts as 124, as with timeout(1), and is killed where the host lets us. It
// throws only when it is not known how the command ended.

import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../model/index.ts'
import type { Duration, Logger } from '../../model/index.ts'
import { createdAnswer, execAnswer } from './answers.ts'
import { EngineError } from './engine-error.ts'
import { escapePath, parseAnswer } from './engine.ts'
import type { Engine } from './engine.ts'
import { cleanMessage } from './failure.ts'

const outputLimit = 4096
const timedOut = 124
/** What a shell says when a command cannot be run, or does not exist. */
const notRunnable = 126
const notFound = 127

interface Ended {
  readonly exitCode: number
  readonly output: string
}

/** Throws `EngineError` when the engine, not the command, fails or is too slow. */
export async function runCommand(
  engine: Engine,
  container: string,
  command: readonly string[],
  timeoutMs: Duration,
  marginMs: Duration,
  logger: Logger,
): Promise<Ended> {
  const deadline = performance.now() + timeoutMs
  const left = () => Math.max(1, deadline + marginMs - performance.now())
  const options = { Cmd: [...command], AttachStdout: true, AttachStderr: true }
  const { id } = parseAnswer(
    createdAnswer,
    await engine.ask({ limitMs: left() }, (docker) =>
      docker.getContainer(escapePath(container)).exec(options),
    ),
  )
  const over = new AbortController()
  const output = new Output()
  const timer = setTimeout(() => over.abort(), Math.max(1, deadline - performance.now()))
  let hasBegun = false
  try {
    const stream = await engine.open({ limitMs: left(), signal: over.signal }, (docker) =>
      docker.getExec(escapePath(id)).start({ Detach: false, Tty: false }),
    )
    hasBegun = true
    for await (const part of stream as AsyncIterable<Buffer>) output.push(part) // no encoding is set
  } catch (error) {
    if (over.signal.aborted) {
      // Without even an answer it is the engine that is slow, unless the command runs all the same.
      if (!hasBegun && !(await isRunning(engine, id, marginMs)))
        throw new EngineError(null, `did not run a command within ${timeoutMs} ms`)
      await killLeftOver(engine, id, container, marginMs, logger)
      return { exitCode: timedOut, output: output.text() }
    }
    const refusal = refusalOf(error)
    if (refusal) return refusal
    throw error instanceof EngineError ? error : engine.broken(error)
  } finally {
    clearTimeout(timer)
    over.abort()
  }
  const exitCode = await exitCodeOf(engine, id, left)
  return refusedBy(output.text()) ?? { exitCode, output: output.text() }
}

/** A command that cannot be run is the command's failure, not the engine's. */
function refusalOf(error: unknown): Ended | null {
  return error instanceof EngineError && error.status !== null ? refusedBy(error.message) : null
}

/** Some engines answer with an error, some say it in the command's output. */
function refusedBy(text: string): Ended | null {
  if (!/^(?:OCI runtime exec failed|crun: |runc: )/i.test(text)) return null
  return {
    exitCode: /not found|no such file/i.test(text) ? notFound : notRunnable,
    output: cleanMessage(text),
  }
}

/** The output may end a moment before the engine knows the exit code. */
async function exitCodeOf(engine: Engine, id: string, left: () => Duration): Promise<number> {
  for (let waitMs = 5; ; waitMs *= 2) {
    const { Running, ExitCode } = await inspect(engine, id, left())
    if (!Running) return ExitCode ?? 0
    if (waitMs > left()) return timedOut // it has closed its output and runs on
    await sleep(waitMs)
  }
}

async function isRunning(engine: Engine, id: string, limitMs: Duration): Promise<boolean> {
  return (await inspect(engine, id, limitMs)).Running
}

async function inspect(engine: Engine, id: string, limitMs: Duration) {
  return parseAnswer(
    execAnswer,
    await engine.ask({ limitMs }, (docker) => docker.getExec(escapePath(id)).inspect()),
  )
}

/**
 * The API cannot end an exec. Its process can be killed from the host when that is this host, which is so when the
 * process of that number belongs to the container's control group.
 */
async function killLeftOver(
  engine: Engine,
  id: string,
  container: string,
  limitMs: Duration,
  logger: Logger,
): Promise<void> {
  if (!('socketPath' in engine.address)) return
  try {
    const { Running, Pid } = await inspect(engine, id, limitMs)
    if (Running && Pid != null) for (const pid of withDescendants(Pid)) kill(pid, container)
  } catch (error) {
    // The answer is known without it; what is left ends with its container.
    logger.warn({ container, error: messageOf(error) }, 'a command that took too long could not be killed')
  }
}

function withDescendants(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(file)) return [pid]
  const children = readFileSync(file, 'utf8').trim()
  return [
    pid,
    ...(children === '' ? [] : children.split(' ').flatMap((each) => withDescendants(Number(each)))),
  ]
}

function kill(pid: number, container: string): void {
  if (pid <= 1 || !readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(container)) return
  process.kill(pid, 'SIGKILL')
}

/** The first bytes of what both streams carry, in the order they came. */
class Output {
  readonly #parts: Uint8Array[] = []
  #size = 0
  #header: number[] = []
  #left = 0

  push(part: Uint8Array): void {
    let at = 0
    while (at < part.length) {
      if (this.#left === 0) {
        this.#header.push(part[at++] ?? 0)
        if (this.#header.length < 8) continue
        const [, , , , a = 0, b = 0, c = 0, d = 0] = this.#header
        this.#left = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
        this.#header = []
      } else {
        const piece = part.subarray(at, at + this.#left)
        at += piece.length
        this.#left -= piece.length
        const kept = piece.slice(0, outputLimit - this.#size)
        this.#size += kept.length
        if (kept.length > 0) this.#parts.push(kept)
      }
    }
  }

  text(): string {
    // A character that the limit cut in two is left out.
    return new TextDecoder().decode(Buffer.concat(this.#parts), { stream: true })
  }
}
