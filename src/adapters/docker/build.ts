// Builds an image from a folder with the engine's builder, and finds one that was built before. Invariant: an image
// carries the tag of a digest only when it was built from exactly what has that digest. It is the classic builder of
// the engine: BuildKit, fed through the API, cannot fetch base images without a session (moby/buildkit#2429).

import { Readable } from 'node:stream'
import { contextDigest, readBuildContext } from '../../context/index.ts'
import type { BuildContext } from '../../context/index.ts'
import { Fault } from '../../model/index.ts'
import { progressAnswer } from './answers.ts'
import { engineFault } from './check.ts'
import { EngineError } from './engine-error.ts'
import { Engine, escapePath, parseAnswer } from './engine.ts'
import type { EngineAddress } from './engine.ts'
import { cleanMessage, withoutControls } from './failure.ts'
import { jsonLines } from './lines.ts'
import { packContext } from './tar.ts'

export type BuildRequest = EngineAddress & {
  readonly contextFolder: string
  /** Relative to the context's folder. */
  readonly dockerfile: string
  readonly args: Readonly<Record<string, string>>
  /** Stage of the Dockerfile. Default: the last one. */
  readonly target?: string
  readonly tag: string
  readonly labels?: Readonly<Record<string, string>>
  /** What the folder's digest was when the tag was chosen; a folder that changed since is refused. */
  readonly digest?: string
  readonly signal: AbortSignal
  /** One line of the builder's output, without control characters. */
  readonly onProgress?: (line: string) => void
}

const buildLimits = {
  readMs: 30_000,
  /** Until the builder has the context and says its first word. */
  beginMs: 600_000,
  /** Lines of output kept for the message of a failure, and of what length. */
  keptLines: 20,
  lineLength: 500,
} as const

/** Builds unless an image of that tag is there. Throws `Fault`, or the signal's reason. */
export async function ensureImage(request: BuildRequest): Promise<{ readonly built: boolean }> {
  if (await hasTag(new Engine(request), request)) return { built: false }
  await buildImage(request)
  return { built: true }
}

/** Throws `Fault` (with the builder's last lines when the build failed), or the signal's reason. */
export async function buildImage(request: BuildRequest): Promise<void> {
  const { contextFolder, args, target, tag, labels, digest, signal } = request
  const engine = new Engine(request)
  const context = readBuildContext(contextFolder, request.dockerfile)
  if (digest !== undefined && contextDigest(context.entries, context.dockerfile, args, target) !== digest)
    throw new Fault({
      what: `the folder ${contextFolder} has changed since the stack was compiled`,
      fix: 'run the command again',
    })
  const output = new Output(request.onProgress)
  const tar = Readable.from(packContext(context))
  try {
    const options = {
      ...{ t: tag, dockerfile: context.dockerfile, buildargs: { ...args }, labels: { ...labels } },
      ...(target === undefined ? {} : { target }),
      ...{ version: '1' as const, rm: true, forcerm: true },
    }
    const stream = await engine.open({ limitMs: buildLimits.beginMs, signal }, (docker) =>
      docker.buildImage(tar, options),
    )
    try {
      for await (const line of jsonLines(stream)) {
        const { stream: text, error, errorDetail, status, id } = parseAnswer(progressAnswer, line)
        if (text !== undefined) output.add(text)
        else if (status !== undefined) output.say(id === undefined ? status : `${id}: ${status}`)
        const why = errorDetail?.message ?? error
        if (why !== undefined) throw buildFault(context, cleanMessage(why), output.last())
      }
    } finally {
      stream.destroy()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Fault) throw error
    if (error instanceof EngineError && error.status !== null)
      throw buildFault(context, cleanMessage(error.message), output.last())
    throw engineFault(engine, engine.broken(error))
  } finally {
    tar.destroy() // what was not sent holds a file open
  }
  if (!(await hasTag(engine, request)))
    throw buildFault(context, `the engine reported no error, but there is no image ${tag}`, output.last())
}

async function hasTag(
  engine: Engine,
  { tag, signal }: Pick<BuildRequest, 'tag' | 'signal'>,
): Promise<boolean> {
  try {
    await engine.ask({ limitMs: buildLimits.readMs, signal }, (docker) =>
      docker.getImage(escapePath(tag)).inspect(),
    )
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof EngineError && error.status === 404) return false
    throw engineFault(engine, error)
  }
}

function buildFault({ folder, dockerfile }: BuildContext, message: string, lines: readonly string[]): Fault {
  const said = lines.filter((line) => line !== message)
  return new Fault({
    what: `cannot build the image of ${folder} (${dockerfile})`,
    why: [
      message,
      ...(said.length === 0 ? [] : ['the builder said last:', ...said.map((line) => `  ${line}`)]),
    ].join('\n'),
    fix: adviceFor(message),
  })
}

function adviceFor(message: string): string {
  if (/BuildKit/i.test(message))
    return 'write the Dockerfile for the classic builder, or build the image with `docker buildx` and name it in the stack'
  if (
    /pull access denied|manifest unknown|manifest for|no such host|dial tcp|lookup |request canceled|i\/o timeout/i.test(
      message,
    )
  )
    return 'check the name in FROM and that its registry can be reached, or load the image into the engine first'
  return 'correct the Dockerfile or what it runs'
}

/** The builder's output comes in pieces; here it becomes lines, the last of which are kept. */
class Output {
  readonly #onLine: ((line: string) => void) | undefined
  #rest = ''
  #kept: string[] = []

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine
  }

  add(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|[\r\n]/)
    this.#rest = (lines.pop() ?? '').slice(0, buildLimits.lineLength)
    for (const line of lines) this.say(line)
  }

  say(text: string): void {
    const line = withoutControls(text).trimEnd().slice(0, buildLimits.lineLength)
    if (line.trim() === '') return
    this.#kept = [...this.#kept.slice(1 - buildLimits.keptLines), line]
    this.#onLine?.(line)
  }

  last(): readonly string[] {
    if (this.#rest !== '') this.say(this.#rest)
    this.#rest = ''
    return this.#kept
  }
}
