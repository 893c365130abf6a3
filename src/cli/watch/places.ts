// Notices that something changed at a set of places: files and folders, those that are not there yet included. Invariant: a
// change between two calls of `changed` is never lost; what changes beside the places is not noticed.

import { statSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { Fault, messageOf } from '../../model/index.ts'

/** Folders that are watched at once; a program has no more files than that. */
const folderLimit = 4000

interface Watched {
  readonly watcher: FSWatcher
  readonly inode: number
  /** Names in the folder that matter. */
  names: Set<string>
}

export class PlaceWatcher {
  readonly #folders = new Map<string, Watched>()
  #hasChanged = false
  #wake: (() => void) | undefined

  /**
   * From now on watches these, and no others; whether there is a folder among them that was not watched before, in which
   * something may have changed unnoticed. Absolute paths. Throws a Fault when the host watches no more.
   */
  follow(places: readonly string[]): boolean {
    let isWider = false
    const wanted = new Map<string, Set<string>>()
    const add = (folder: string, name: string): void => {
      wanted.set(folder, (wanted.get(folder) ?? new Set()).add(name))
    }
    for (const place of places) {
      let at = place
      // Up to the folder that is there: what is missing could come to exist from there on.
      while (dirname(at) !== at && !isFolder(dirname(at))) at = dirname(at)
      add(dirname(at), basename(at))
      // A folder that is replaced as a whole is noticed in the one around it.
      add(dirname(dirname(at)), basename(dirname(at)))
    }
    for (const [folder, watched] of this.#folders)
      if (!wanted.has(folder) || inodeOf(folder) !== watched.inode) {
        watched.watcher.close()
        this.#folders.delete(folder)
      }
    for (const [folder, names] of [...wanted].slice(0, folderLimit)) {
      const known = this.#folders.get(folder)
      if (known && [...names].every((name) => known.names.has(name))) known.names = names
      else {
        isWider = true
        if (known) known.names = names
        else this.#open(folder, names)
      }
    }
    return isWider
  }

  /** Resolves once something has changed since it last resolved; rejects with the signal's reason. */
  async changed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#hasChanged) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>()
      const abort = (): void => reject(signal.reason as Error) // whatever the signal was aborted with
      this.#wake = () => resolve(undefined)
      signal.addEventListener('abort', abort, { once: true })
      try {
        await promise
      } finally {
        signal.removeEventListener('abort', abort)
        this.#wake = undefined
      }
    }
    this.#hasChanged = false
  }

  close(): void {
    for (const { watcher } of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  #open(folder: string, names: Set<string>): void {
    try {
      const watched: Watched = {
        inode: inodeOf(folder),
        names,
        watcher: watch(folder, (_, name) => {
          if (name === null || watched.names.has(name)) this.#note()
        }),
      }
      // A folder that goes away is noticed in the one around it.
      watched.watcher.on('error', () => this.#note())
      this.#folders.set(folder, watched)
    } catch (error) {
      // It has gone since it was looked for: that is a change.
      if (!isFolder(folder)) this.#note()
      else
        throw new Fault({
          what: `cannot watch ${folder}`,
          why: messageOf(error),
          fix: 'raise fs.inotify.max_user_watches, or check again by hand',
        })
    }
  }

  #note(): void {
    this.#hasChanged = true
    this.#wake?.()
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0
}
