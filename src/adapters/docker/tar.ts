// A build context as the tar the engine takes. Invariant: the same entries give the same bytes: sorted, owned by root,
// one time for all, two modes. Contents are checked against the digest while they go out.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { Pack } from 'tar-stream'
import { openContextFile } from '../../context/index.ts'
import type { BuildContext } from '../../context/index.ts'

/** Zip, which some builds make of what they are given, knows no time before 1980. */
const mtime = new Date(Date.UTC(1980, 0, 2))
const owner = { uid: 0, gid: 0, mtime }

/** Throws the `Fault` of a file that changed meanwhile. */
export async function* packContext(context: BuildContext): AsyncGenerator<Uint8Array, void> {
  const tar = pack()
  tar.on('error', () => undefined) // it is thrown below
  const failed: { error: Error | null } = { error: null }
  void fill(tar, context).then(
    () => tar.finalize(),
    (error: unknown) => {
      failed.error = error instanceof Error ? error : new Error(String(error))
      tar.destroy()
    },
  )
  try {
    yield* tar as unknown as AsyncIterable<Uint8Array> // which streamx's streams are, though the types do not say so
  } catch (error) {
    throw failed.error ?? error
  } finally {
    tar.destroy()
  }
  if (failed.error !== null) throw failed.error
}

async function fill(tar: Pack, context: BuildContext): Promise<void> {
  const folders = new Set<string>()
  for (const entry of context.entries) {
    for (const folder of foldersAbove(entry.path)) {
      if (folders.has(folder)) continue
      folders.add(folder)
      tar.entry({ ...owner, name: `${folder}/`, type: 'directory', mode: 0o755 })
    }
    if (entry.kind === 'link') {
      tar.entry({ ...owner, name: entry.path, type: 'symlink', linkname: entry.target, mode: 0o777 })
      continue
    }
    const { path: name, size, executable } = entry
    const sink = tar.entry({ ...owner, name, size, mode: executable ? 0o755 : 0o644 })
    await pipeline(Readable.from(openContextFile(context, entry)), sink)
  }
  const rules = hidingRules(context)
  if (rules !== null) tar.entry({ ...owner, name: '.dockerignore', mode: 0o644 }, rules)
}

/** `a`, `a/b` for `a/b/c`. */
function foldersAbove(path: string): string[] {
  const names = path.split('/').slice(0, -1)
  return names.map((_, index) => names.slice(0, index + 1).join('/'))
}

/**
 * What an ignored Dockerfile needs not to be seen by COPY: the engine takes it away when the tar's own `.dockerignore`
 * says so. Null when that file is in the context anyway, or nothing is to be hidden.
 */
function hidingRules({ entries, dockerfile }: BuildContext): string | null {
  const isHidden = entries.some((entry) => entry.kind === 'file' && entry.hidden)
  if (!isHidden || entries.some((entry) => entry.path === '.dockerignore')) return null
  return `${dockerfile.replaceAll(/[\\*?[\]!#]/g, String.raw`\$&`)}\n.dockerignore\n`
}
