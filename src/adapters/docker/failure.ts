// What went wrong with an engine, in the agent's four kinds and in words a person understands. Invariant: no control
// character of a message (an image's program can put what it likes into one) reaches a terminal, and no message is long.

import { RuntimeFailure } from '../../agent/index.ts'
import { EngineError } from './engine-error.ts'
import type { Engine } from './engine.ts'

const messageLimit = 400

/** Control characters, line breaks, and marks that reorder what stands around them. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

/** What the engine says when the process below it went away, and not the container. */
const engineIsSick =
  /transport is closing|ttrpc: closed|connection error: desc|server is shutting down|cannot connect to .{0,20}containerd/i

const noContainer = /no such container|no container with (?:name|id)/i
const noImage = /no such image|image not known|unable to find image/i

/** `doing` completes the sentence: "cannot {start the container web.1}". The signal's reason is passed on as it is. */
export function failureOf(error: unknown, engine: Engine, doing: string): Error {
  if (error instanceof RuntimeFailure) return error
  if (!(error instanceof EngineError)) return error instanceof Error ? error : new Error(String(error))
  const { status } = error
  const text = cleanMessage(error.message)
  const fail = (kind: RuntimeFailure['kind'], message: string) =>
    new RuntimeFailure(kind, message, { cause: error })
  if (status === null) return fail('unavailable', `${engine.name} ${text}`)
  if (status === 503 || engineIsSick.test(text)) return fail('unavailable', `${engine.name} says: ${text}`)
  if (status === 404 && noContainer.test(text))
    return fail('gone', `cannot ${doing}: there is no such container`)
  if (noImage.test(text)) return fail('image', `cannot ${doing}: ${text}`)
  return fail('refused', `cannot ${doing}: ${text}`)
}

/** One line of plain text of bounded length, without the engine's own wrapping. */
export function cleanMessage(text: string): string {
  const line = withoutControls(text)
    .replace(/^Error response from daemon: /i, '')
    .replace(/^failed to create (?:shim(?: task)?|task for container): /i, '')
    .replace(/^(?:runc|OCI runtime) (?:create|exec) failed: /i, '')
    .replaceAll(
      /container_linux\.go:\d+: |starting container process caused: |runc (?:create|exec|run) failed: |exec failed: |unable to start container process: /g,
      '',
    )
    .replace(/: unknown\s*$/, '')
    .replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1')
    .trim()
  return line.length > messageLimit ? `${line.slice(0, messageLimit - 1)}…` : line
}

export function withoutControls(text: string): string {
  // A whole escape sequence goes, or its visible rest would stay behind.
  return text
    .replaceAll(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
    .replaceAll(unprintable, ' ')
    .replaceAll(/ {2,}/g, ' ')
}
