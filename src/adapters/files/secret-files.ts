// Secrets as files that containers have mounted. Invariant: a value is in memory only (the folder lies on tmpfs, or the
// log says that it does not), readable by nobody but the user the container runs as, and a reader finds an old value
// whole or the new one. It decides nothing: which task has which secrets is the agent's business.

import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { chmod, chown, lstat, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, assert, exitCodes, messageOf } from '../../model/index.ts'
import type { Logger, TaskId } from '../../model/index.ts'
import type { SecretFiles } from '../../agent/index.ts'
import { codeOf, writeFault } from './atomic.ts'

/** The private half of the node's curve key; adapters/keys has the real one. */
export interface SealOpener {
  readonly publicKey: string
  /** Throws when the value was sealed to another key, or changed. */
  open(sealed: string): Uint8Array
}

export interface SecretFilesOptions {
  /** A folder of gantry's own below a tmpfs, such as /run/gantry/secrets; made when it is not there. */
  readonly root: string
  readonly opener: SealOpener
  readonly logger: Logger
}

export interface HostSecretFiles extends SecretFiles {
  /** Whether the root lies in memory (tmpfs or ramfs); on a disk, removed values may be found again. */
  readonly isInMemory: boolean
}

/** statfs(2): TMPFS_MAGIC and RAMFS_MAGIC. */
const memoryFileSystems = [0x01021994, 0x858458f6]

const taskPattern = /^[a-z0-9][a-z0-9.-]{0,200}$/
const secretPattern = /^[a-z][a-z0-9-]{0,63}$/

/** Opens the root, and says once in the log when it is not in memory. A `Fault` when it cannot be had for ourselves. */
export async function openSecretFiles({
  root,
  opener,
  logger,
}: SecretFilesOptions): Promise<HostSecretFiles> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 })
    await requireOwnFolder(root)
    await chmod(root, 0o700)
  } catch (error) {
    throw writeFault(root, error)
  }
  const isInMemory = memoryFileSystems.includes((await statfs(root)).type)
  if (!isInMemory)
    logger.warn(
      { root },
      'secret files are kept on a disk, not in memory: mount a tmpfs there to change that',
    )
  return new FolderSecretFiles(root, opener, isInMemory)
}

/** In a folder of another user, that user could swap our files for links. */
async function requireOwnFolder(root: string): Promise<void> {
  const found = await lstat(root)
  if (found.isDirectory() && found.uid === process.geteuid?.()) return
  throw new Fault({
    what: `${root} cannot hold secret files`,
    why: found.isDirectory() ? `it belongs to user ${found.uid}` : 'it is not a folder',
    fix: 'remove it; it is made anew',
    exit: exitCodes.rights,
  })
}

class FolderSecretFiles implements HostSecretFiles {
  readonly isInMemory: boolean
  readonly #root: string
  readonly #opener: SealOpener

  constructor(root: string, opener: SealOpener, isInMemory: boolean) {
    this.#root = root
    this.#opener = opener
    this.isInMemory = isInMemory
  }

  get sealKey(): string {
    return this.#opener.publicKey
  }

  open(sealed: string): Uint8Array {
    return this.#opener.open(sealed)
  }

  async write(task: TaskId, files: ReadonlyMap<string, Uint8Array>, owner: number | null): Promise<string> {
    const folder = this.#folderOf(task)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await giveTo(folder, owner)
      for (const [name, value] of files) {
        assert(secretPattern.test(name), () => `a secret file cannot be named ${name}`)
        await replaceFile(folder, name, value, owner)
      }
      // The folder itself stays: it is what the container has mounted.
      for (const name of await readdir(folder))
        if (!files.has(name)) await rm(join(folder, name), { force: true })
    } catch (error) {
      throw writeFault(folder, error)
    }
    return folder
  }

  async remove(task: TaskId): Promise<void> {
    await rm(this.#folderOf(task), { recursive: true, force: true })
  }

  async list(): Promise<TaskId[]> {
    return (await readdir(this.#root)).filter((name) => taskPattern.test(name)).sort()
  }

  #folderOf(task: TaskId): string {
    assert(taskPattern.test(task), () => `a task cannot be named ${task}`)
    return join(this.#root, task)
  }
}

async function replaceFile(
  folder: string,
  name: string,
  value: Uint8Array,
  owner: number | null,
): Promise<void> {
  const temporary = join(folder, `.${randomBytes(6).toString('hex')}`)
  try {
    const file = await open(temporary, 'wx', 0o400)
    try {
      await file.writeFile(value)
      await giveTo(file, owner)
    } finally {
      await file.close()
    }
    await rename(temporary, join(folder, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Null and our own user need nothing; any other needs root. */
async function giveTo(what: FileHandle | string, owner: number | null): Promise<void> {
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  const uid = owner ?? own.uid
  const gid = owner === null || owner === own.uid ? own.gid : owner
  try {
    if (typeof what === 'string') await chown(what, uid, gid)
    else await what.chown(uid, gid)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error
    throw new Fault(
      {
        what: `cannot give secret files to user ${uid}`,
        why: messageOf(error),
        fix: 'run the agent as root, or the container as the user of the agent',
        exit: exitCodes.rights,
      },
      { cause: error },
    )
  }
}
