// How a file is named outside of the terminal: from the root of the repository, when it is known and the file lies in it.

import { isAbsolute, join, relative, sep } from 'node:path'

/**
 * Gives the path of a span's file. Spans are relative to `base`, the stack's folder; what comes out is relative to
 * `root`, with `/`, or absolute for a file that does not lie below it.
 */
export function pathsFrom(root: string, base: string): (file: string) => string {
  return (file) => {
    const path = isAbsolute(file) ? file : join(base, file)
    const shown = relative(root, path)
    return (shown.startsWith('..') || isAbsolute(shown) ? path : shown).split(sep).join('/')
  }
}
