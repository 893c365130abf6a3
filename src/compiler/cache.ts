// What was computed for the same files before: checked programs and evaluated ones, each in a file named by what it
// depends on. Invariant: an entry is used only when this machine's user has written it (it carries a keyed hash; the folder
// lies beside the program, and a program may come from anybody) and when nothing it depends on has changed. A cache that
// cannot be read or written is no cache, and never an error.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'

/** Entries kept in a folder; the oldest go first. */
const entryLimit = 64

export interface Cache {
  /** Undefined when there is none, or none that can be trusted. */
  read(name: string): unknown
  write(name: string, value: unknown): void
}

export const noCache: Cache = { read: () => undefined, write: () => undefined }

/**
 * The cache of a stack's folder. None when its place is a link: the folder may come from anybody, and nothing is written
 * elsewhere because of it.
 */
export function openCacheIn(stackFolder: string): Cache {
  const folder = join(stackFolder, '.gantry', 'cache')
  try {
    for (const place of [dirname(folder), folder])
      if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true) return noCache
    return openCache(folder)
  } catch {
    // A file where the folder would be, or no rights to look.
    return noCache
  }
}

export function openCache(folder: string): Cache {
  const key = cacheKey()
  if (!key) return noCache
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    read(name) {
      try {
        const text = readFileSync(join(folder, `${name}.json`), 'utf8')
        const at = text.indexOf('\n')
        const body = text.slice(at + 1)
        const given = Buffer.from(text.slice(0, at), 'hex')
        const expected = sign(`${name}\n${body}`)
        if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
        return JSON.parse(body) as unknown
      } catch {
        // Not there, not readable, or not ours: it is computed again.
        return undefined
      }
    },
    write(name, value) {
      try {
        const body = JSON.stringify(value)
        mkdirSync(folder, { recursive: true })
        const path = join(folder, `${name}.json`)
        const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
        writeFileSync(temporary, `${sign(`${name}\n${body}`).toString('hex')}\n${body}`)
        renameSync(temporary, path)
        prune(folder)
      } catch {
        // A read-only folder or a full disk: the next time takes as long as this one.
      }
    },
  }
}

/** What is ours by its name; others may keep their files there too. */
const ownName = /^(?:program|types|run)-[0-9a-f]{32}\.json(?:\.\d+\.[0-9a-f]{8})?$/

function prune(folder: string): void {
  const files = readdirSync(folder).filter((name) => ownName.test(name))
  if (files.length <= entryLimit) return
  const byAge = files
    .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => a.at - b.at)
  for (const { path } of byAge.slice(0, files.length - entryLimit)) unlinkSync(path)
}

/** Made once for each user of a machine, and kept where no program lies. */
function cacheKey(): Buffer | undefined {
  const path = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gantry', 'compiler-key')
  const read = (): Buffer | undefined => {
    const key = readFileSync(path)
    return key.length === 32 ? key : undefined
  }
  try {
    return read()
  } catch {
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, randomBytes(32), { mode: 0o600, flag: 'wx' })
      return read()
    } catch {
      // No home to write to: there is no cache then.
      return undefined
    }
  }
}
