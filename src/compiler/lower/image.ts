// Images: references that name a version, and folders to build from. Invariant: what is built is a folder of the stack,
// and its digest in the document is that of its content.

import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { contextDigest, readBuildContext } from '../../context/index.ts'
import { Fault } from '../../model/index.ts'
import type { Image } from '../../model/index.ts'
import { isObject, isReference, membersOf } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import { Reader } from './reader.ts'
import type { Where } from './report.ts'

/** Folders of the stack that images are built from. */
export interface BuildFolders {
  /** Digest of what would be built. Throws a Fault when it cannot be read. */
  digest(context: string, dockerfile: string, args: Readonly<Record<string, string>>, target?: string): string
  /** What is wrong with the folder, or undefined. */
  problem(context: string, dockerfile: string): 'folder' | 'dockerfile' | 'outside' | undefined
}

/** `isCheck`: nothing will be built, so that it is enough that the folder and its Dockerfile are there. */
export function buildFolders(folder: string, isCheck: boolean): BuildFolders {
  const known = new Map<string, ReturnType<typeof readBuildContext>>()
  return {
    digest(context, dockerfile, args, target) {
      if (isCheck) return '0'.repeat(64)
      const key = `${context}\0${dockerfile}`
      const read = known.get(key) ?? readBuildContext(join(folder, context), dockerfile)
      known.set(key, read)
      return contextDigest(read.entries, read.dockerfile, args, target)
    },
    problem(context, dockerfile) {
      const path = join(folder, context)
      if (!existsSync(path) || !statSync(path).isDirectory()) return 'folder'
      const real = realpathSync(path)
      const root = realpathSync(folder)
      if (real !== root && !real.startsWith(root + sep)) return 'outside'
      return existsSync(join(path, dockerfile)) ? undefined : 'dockerfile'
    },
  }
}

const registry = /^(?:(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:\d))(?::\d{1,5})?\/)?/
const repository = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*/
const tag = /^:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}/
const digest = /^@sha256:[0-9a-f]{64}/

/** What an image's reference lacks; undefined when it is whole. */
function refProblem(ref: string): 'form' | 'version' | undefined {
  let rest = ref.replace(registry, '')
  if (!repository.test(rest)) return 'form'
  rest = rest.replace(repository, '')
  const named = rest.replace(tag, '')
  const end = named.replace(digest, '')
  if (end !== '') return 'form'
  return rest === '' ? 'version' : undefined
}

export function readImage(reader: Reader, value: Encoded, folders: BuildFolders): Image | undefined {
  const path = reader.path('image')
  if (typeof value === 'string')
    switch (refProblem(value)) {
      case undefined:
        if (value.endsWith(':latest'))
          reader.report.warn(reader.at(path), {
            code: 'GT4016',
            summary: `image '${value}' is another one whenever somebody pushes it`,
            fix: "a tag that stays, or a digest, or acknowledge it: ack('GT4016', 'why')",
          })
        return { ref: value }
      case 'version': {
        reader.refuse(path, {
          code: 'GT1105',
          summary: `image '${value}' names no version: add a tag, such as '${value}:1.0'`,
          notes: ['without one the same document would mean another image tomorrow'],
        })
        return undefined
      }
      case 'form': {
        reader.refuse(path, {
          code: 'GT1105',
          summary: `'${value}' is not the name of an image`,
          notes: [
            "names look like 'postgres:17', 'registry.example:5000/shop/api:2.1' or 'shop/api@sha256:…', in lower case",
          ],
        })
        return undefined
      }
    }
  if (!isReference(value) || value.$ !== 'build') {
    reader.misfit(value, path)
    return undefined
  }
  const made = reader.references.made(value)
  return readBuild(
    new Reader(reader.report, reader.references, { word: 'build', subject: 'build()', calls: made.calls }),
    made.values,
    folders,
  )
}

function readBuild(
  reader: Reader,
  values: Readonly<Record<string, Encoded>>,
  folders: BuildFolders,
): Image | undefined {
  const written = reader.string(values['folder'], ['0'])
  const fields = reader.fields(values['options'], ['1'])
  if (written === undefined || !fields) return undefined
  const dockerfile = reader.string(fields.get('dockerfile'), ['1', 'dockerfile']) ?? 'Dockerfile'
  const args = [...(reader.record(fields.get('args'), ['1', 'args']) ?? [])].flatMap(
    ([name, each]): [string, string][] => {
      const text = reader.string(each, ['1', 'args', name])
      return text === undefined || name === '__proto__' ? [] : [[name, text]]
    },
  )
  const target = readStage(reader, fields)
  const context = posix.normalize(written).replace(/(?<=.)\/$/, '')
  const where = reader.at(['0'])
  if (written === '' || written.startsWith('/') || context === '..' || context.startsWith('../')) {
    refuseOutside(reader, where, written)
    return undefined
  }
  switch (folders.problem(context, dockerfile)) {
    case 'folder': {
      reader.refuse(['0'], {
        code: 'GT0011',
        summary: `there is no folder '${written}' to build from`,
        notes: ["the path is relative to the stack file's folder"],
      })
      return undefined
    }
    case 'outside':
      refuseOutside(reader, where, written)
      return undefined
    case 'dockerfile': {
      // Named by a field that is misspelt, and said to be so already.
      if (isObject(values['options']) && membersOf(values['options']).length > fields.size) return undefined
      reader.refuse(fields.has('dockerfile') ? ['1', 'dockerfile'] : ['0'], {
        code: 'GT0012',
        summary: `there is no ${dockerfile} in the folder '${written}'`,
        fix: "create it, or name another: build(folder, { dockerfile: '…' })",
      })
      return undefined
    }
    case undefined:
      break
  }
  const named = Object.fromEntries(args)
  try {
    const found = folders.digest(context, dockerfile, named, target)
    const stage = target === undefined ? {} : { target }
    const build = { context, dockerfile: posix.normalize(dockerfile), args: named, ...stage, digest: found }
    return { build }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const { what, why, fix } = error.details
    reader.refuse(['0'], {
      code: 'GT0013',
      summary: what,
      ...(why === undefined ? {} : { notes: [why] }),
      ...(fix === undefined ? {} : { fix }),
    })
    return undefined
  }
}

/** As the engine takes them. Whether the Dockerfile has the stage, the engine says: its arguments may be in the names. */
const stageName = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/

function readStage(reader: Reader, fields: ReadonlyMap<string, Encoded>): string | undefined {
  const path = ['1', 'target']
  const target = reader.string(fields.get('target'), path)
  if (target === undefined || stageName.test(target)) return target
  reader.refuse(path, {
    code: 'GT2112',
    summary: `'${target}' cannot be the name of a stage of a Dockerfile`,
    notes: ['letters, digits, "_", "." and "-", starting with a letter: FROM … AS prod is \'prod\''],
  })
  return undefined
}

function refuseOutside(reader: Reader, where: Where, written: string): void {
  reader.report.refuse(where, {
    code: 'GT0002',
    summary: `'${written}' leads out of the stack's folder`,
    notes: ['a stack builds from its own folder down, so that it is the same wherever it is copied to'],
  })
}
