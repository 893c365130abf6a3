// Gives the contents of a context's files again, for the engine. Invariant: what comes out is what was counted in the
// digest, byte for byte, or it throws: an image must not carry the tag of other contents.

import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../model/index.ts'
import type { ContextFile } from './digest.ts'
import type { BuildContext } from './read.ts'

/** The bytes of one file, in parts of at most 64 KiB. Throws `Fault` when they are not those that were read before. */
export async function* openContextFile(
  context: BuildContext,
  entry: ContextFile,
): AsyncGenerator<Uint8Array, void> {
  const changed = () =>
    new Fault({
      what: `cannot build from the folder ${context.folder}`,
      why: `${entry.path} changed while the image was being built`,
      fix: 'try again',
    })
  const file = await open(
    join(context.folder, entry.path),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => {
    throw changed()
  })
  try {
    const hash = createHash('sha256')
    let left = entry.size
    const part = new Uint8Array(64 * 1024)
    for (;;) {
      const { bytesRead } = await file.read(part)
      if (bytesRead === 0) break
      left -= bytesRead
      if (left < 0) throw changed()
      const bytes = part.slice(0, bytesRead)
      hash.update(bytes)
      yield bytes
    }
    if (left !== 0 || hash.digest('hex') !== entry.sha256) throw changed()
  } finally {
    await file.close()
  }
}
