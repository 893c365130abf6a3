// The identity of a build: what goes into it, and nothing of the machine it was read on. Invariant: a fresh clone and
// a working copy with the same files give the same digest, so owners, times, umask and empty folders do not count.

import { digestOf } from '../model/index.ts'

export type ContextEntry = ContextFile | ContextLink

export interface ContextFile {
  readonly kind: 'file'
  /** Names joined by `/`, from the context's folder. */
  readonly path: string
  /** All of the mode that counts, as in git: 0755 or 0644. */
  readonly executable: boolean
  /** Bytes. */
  readonly size: number
  readonly sha256: string
  /** The Dockerfile when `.dockerignore` leaves it out: the engine reads it, `COPY` does not see it. */
  readonly hidden: boolean
}

/** A symbolic link, kept as one: what it points at is text. */
export interface ContextLink {
  readonly kind: 'link'
  readonly path: string
  readonly target: string
}

/** Grows when the same files would have to be built anew by a newer gantry. */
const digestFormat = 1

/**
 * SHA-256 (64 hexadecimal digits) over the paths, modes and contents, the Dockerfile's name, the arguments, and the stage
 * that is built when it is not the last one.
 */
export function contextDigest(
  entries: readonly ContextEntry[],
  dockerfile: string,
  args: Readonly<Record<string, string>>,
  target?: string,
): string {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const stage = target === undefined ? {} : { target }
  return digestOf({ format: digestFormat, dockerfile, args, ...stage, entries: sorted })
}
