// Files of the stack's folder that configs are made of. Invariant: nothing outside the folder is read, links are resolved
// first; only plain files of UTF-8 text and a bounded size are, each once; their digests are part of what a document is made
// from, like those of the program's own files.

import { realpathSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { sha256 } from '../../model/index.ts'
import { problemOf, readPlainFile } from '../files.ts'

/** Bytes of one file, and of what a config comes to. */
export const configLimit = 512 * 1024

export type ConfigFile =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: 'missing' | 'outside' }
  | { readonly ok: false; readonly problem: 'unreadable'; readonly why: string }

export interface ConfigFiles {
  /** `path` is as it is written in the program: relative to the stack file, with `/`. */
  read(path: string): ConfigFile
  /** SHA-256 of each file that was read, by its shortest path. */
  digests(): Readonly<Record<string, string>>
}

/** `folder` is absolute and exists. */
export function configFiles(folder: string): ConfigFiles {
  const known = new Map<string, ConfigFile>()
  return {
    read(written) {
      const path = posix.normalize(written)
      const file = known.get(path) ?? readFile(folder, path)
      known.set(path, file)
      return file
    },
    digests: () =>
      Object.fromEntries(
        [...known].flatMap(([path, file]): [string, string][] =>
          file.ok ? [[path, sha256(file.text)]] : [],
        ),
      ),
  }
}

function readFile(folder: string, path: string): ConfigFile {
  if (path.startsWith('/') || path === '..' || path.startsWith('../'))
    return { ok: false, problem: 'outside' }
  const unreadable = (why: string): ConfigFile => ({ ok: false, problem: 'unreadable', why })
  try {
    const root = realpathSync(folder)
    const real = realpathSync(join(folder, path))
    if (real !== root && !real.startsWith(root + sep)) return { ok: false, problem: 'outside' }
    const answer = readPlainFile(real, { keepsMark: true })
    if (!answer.ok)
      return answer.problem.kind === 'unreadable'
        ? unreadable(answer.problem.why)
        : { ok: false, problem: answer.problem.kind }
    const { text } = answer
    if (Buffer.byteLength(text) > configLimit)
      return unreadable(`it is larger than ${configLimit / 1024} KiB`)
    return text.includes('\0') ? unreadable('it has a NUL character in it') : { ok: true, text }
  } catch (error) {
    const problem = problemOf(error)
    return problem.kind === 'unreadable' ? unreadable(problem.why) : { ok: false, problem: problem.kind }
  }
}
