// `gantry import compose FILE`: a Compose file becomes a stack file, with a report of what became of every key.
// Invariant: files are read from the folder of the Compose file alone, links resolved first, and plain files of a bounded
// size only; a file that is there is not overwritten without --force; the exit code is 1 when something was refused that
// was not allowed, or when what was written does not compile.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { check, diagnosticsJson, renderDiagnostics } from '../../compiler/index.ts'
import { importCompose, lossesOf, renderReport, reportJson, uselessAllowances } from '../../compose/index.ts'
import type { Allowed, FileAnswer, Files, FileTrouble, ReportEntry } from '../../compose/index.ts'
import { exitCodes, Fault, isName, messageOf, nameRule, textOfBytes } from '../../model/index.ts'
import type { Diagnostic } from '../../model/index.ts'
import type { Command, Context } from '../context.ts'
import { printable } from '../terminal.ts'

export interface ImportArgs {
  /** A Compose file, the folder of one, or `-` for stdin. */
  readonly file: string
  readonly stdin: NodeJS.ReadStream
  /** Where the stack file goes; stdout when left away. */
  readonly out: string | undefined
  readonly force: boolean
  readonly name: string | undefined
  readonly json: boolean
  /** Where the whole report goes, as JSON when the name ends in `.json`. */
  readonly report: string | undefined
  readonly allowLoss: boolean
  readonly allow: readonly string[]
}

const fileLimit = 1024 * 1024
/** In the order in which Compose takes them. */
const usualNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
const noStack = "name a Compose file, such as compose.yaml, or '-' for stdin"

export const runImportCompose: Command<ImportArgs> = async (context, args) => {
  const { terminal, cwd } = context
  if (args.name !== undefined && !isName(args.name))
    throw new Fault({
      what: `${JSON.stringify(args.name)} cannot be the name of a stack`,
      why: `a name is ${nameRule}`,
      exit: exitCodes.usage,
    })
  const source = await readSource(context, args)
  const { folder } = source
  const copied = new Map<string, string>()
  const result = importCompose({
    text: source.text,
    file: source.name,
    folder: folder.split(sep).join('/'),
    files: remembering(filesOf(folder), copied),
    ...(args.name === undefined ? {} : { stack: args.name }),
  })
  if (!result.ok) {
    const { file, line, column, what, fix } = result.problem
    const shown = relative(cwd, join(folder, file))
    throw new Fault({
      what: `${shown}:${line}:${column} cannot be imported`,
      why: what,
      ...(fix === undefined ? {} : { fix }),
    })
  }
  const { stack, code, report } = result
  const allowed: Allowed = { all: args.allowLoss, keys: args.allow }
  refuseUseless(report, allowed)
  const losses = lossesOf(report, allowed)
  if (args.out !== undefined) write(context, args.out, code, args.force)
  if (args.report !== undefined)
    write(
      context,
      args.report,
      args.report.endsWith('.json')
        ? `${JSON.stringify({ format_version: 1, stack, ...reportJson(report, allowed) }, null, 2)}\n`
        : `${renderReport(report, allowed, true)}\n`,
      args.force,
    )
  const written = args.out === undefined ? undefined : resolve(cwd, args.out)
  const { mistakes, root } = await checkCode(code, stack, written, copied)
  if (args.json)
    terminal.out(
      JSON.stringify(
        {
          format_version: 1,
          stack,
          code,
          report: reportJson(report, allowed),
          check: diagnosticsJson(mistakes, root),
        },
        null,
        2,
      ),
    )
  else {
    if (args.out === undefined) terminal.out(code.trimEnd())
    else terminal.out(`wrote ${args.out}`)
    terminal.say(printable(renderReport(report, allowed)))
  }
  if (mistakes.length > 0) {
    const { hasErrColor: color, width } = terminal
    if (!args.json)
      terminal.say(renderDiagnostics(mistakes, { color, verbose: false, width, root, base: root }))
    terminal.say('what was written does not compile: mend it, or the Compose file')
  }
  if (losses.length === 0) return mistakes.length === 0 ? exitCodes.ok : exitCodes.failed
  terminal.say(
    `${losses.length} ${losses.length === 1 ? 'key was' : 'keys were'} refused; allow it with --allow KEY, or all with --allow-loss`,
  )
  return exitCodes.failed
}

/** An allowance for what is not refused is a mistake of the hand, or of a file that has changed since. */
function refuseUseless(report: readonly ReportEntry[], allowed: Allowed): void {
  const [useless] = uselessAllowances(report, allowed)
  if (!useless) return
  throw new Fault({
    what: `--allow ${useless.key} allows nothing`,
    why: 'no key of that name was refused',
    ...(useless.guess === undefined ? {} : { fix: `did you mean --allow ${useless.guess}?` }),
    exit: exitCodes.usage,
  })
}

interface Source {
  readonly text: string
  readonly folder: string
  readonly name: string
}

async function readSource({ cwd, terminal }: Context, { file, stdin }: ImportArgs): Promise<Source> {
  if (file === '-') return { text: await readStdin(stdin), folder: cwd, name: 'stdin' }
  const path = resolve(cwd, file)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    return { text: readCompose(path, file), folder: dirname(path), name: basename(path) }
  const name = usualNames.find((each) => existsSync(join(path, each)))
  if (name === undefined)
    throw new Fault({
      what: `cannot import ${file}`,
      why: `it is a folder without ${usualNames.join(', ')}`,
      fix: noStack,
    })
  const override = ['compose.override', 'docker-compose.override']
    .flatMap((each) => [`${each}.yaml`, `${each}.yml`])
    .find((each) => existsSync(join(path, each)))
  if (override !== undefined) terminal.say(`${override} is not taken in: ${name} alone is imported`)
  return { text: readCompose(join(path, name), join(file, name)), folder: path, name }
}

async function readStdin(stdin: NodeJS.ReadStream): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array) // a stream without an encoding gives bytes
    size += bytes.length
    if (size > fileLimit) throw new Fault({ what: 'cannot import stdin', why: `it ${troubles['too large']}` })
    chunks.push(bytes)
  }
  return textOf(Buffer.concat(chunks), 'stdin')
}

function readCompose(path: string, shown: string): string {
  const read = readPlain(path)
  if (read.ok) return textOf(read.bytes, shown)
  throw new Fault({
    what: `cannot ${read.trouble === 'missing' ? 'read' : 'import'} ${shown}`,
    why: `it ${troubles[read.trouble]}`,
    fix: noStack,
  })
}

function textOf(bytes: Uint8Array, shown: string): string {
  const text = textOfBytes(bytes)
  if (text === null) throw new Fault({ what: `cannot import ${shown}`, why: 'it is no text in UTF-8' })
  return text.replace(/^\ufeff/, '')
}

type Trouble = Exclude<FileTrouble, 'outside' | 'no text'>
const troubles: Readonly<Record<Trouble, string>> = {
  missing: 'is not there',
  folder: 'is a folder',
  special: 'is no plain file, but a device, a pipe or a socket',
  'too large': `is larger than ${fileLimit / 1024 / 1024} MiB`,
  unreadable: 'may not be read',
}

/** Never waits: what is no plain file is opened, and not read. */
function readPlain(
  path: string,
): { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly trouble: Trouble } {
  let descriptor: number
  try {
    // A socket cannot be opened at all.
    const stats = statSync(path)
    if (!stats.isFile()) return { ok: false, trouble: stats.isDirectory() ? 'folder' : 'special' }
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return { ok: false, trouble: isMissing(error) ? 'missing' : 'unreadable' }
  }
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) return { ok: false, trouble: 'special' }
    if (stats.size > fileLimit) return { ok: false, trouble: 'too large' }
    return { ok: true, bytes: readFileSync(descriptor) }
  } catch {
    return { ok: false, trouble: 'unreadable' }
  } finally {
    closeSync(descriptor)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/**
 * What is wrong with the program. Where it was written to stdout alone, it is checked in a folder of its own, beside
 * copies of those files that it names.
 */
async function checkCode(
  code: string,
  stack: string,
  written: string | undefined,
  files: ReadonlyMap<string, string>,
): Promise<{ readonly mistakes: readonly Diagnostic[]; readonly root: string }> {
  const judge = async (file: string) => {
    const result = await check({ file, cacheFolder: null })
    return { mistakes: result.ok ? [] : result.diagnostics, root: dirname(file) }
  }
  if (written !== undefined) return judge(written)
  const folder = mkdtempSync(join(tmpdir(), 'gantry-import-'))
  try {
    for (const [path, text] of files) {
      // Those of variables are no part of the program, and may hold secrets.
      if (!code.includes(path.split('/').at(-1) ?? path)) continue
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const file = join(folder, `${stack}.stack.ts`)
    writeFileSync(file, code)
    return await judge(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function write({ cwd }: Context, path: string, text: string, force: boolean): void {
  try {
    writeFileSync(resolve(cwd, path), text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new Fault({
      what: `cannot write ${path}`,
      why: isThere ? 'it is there already' : whyNotWritten(error),
      fix: isThere ? 'write over it with --force, or choose another name' : 'check the path and its rights',
    })
  }
}

function whyNotWritten(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'its folder is not there'
    case 'EISDIR':
      return 'it is a folder'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'it may not be written'
    case 'ENOSPC':
      return 'the disk is full'
    default:
      return messageOf(error)
  }
}

/** Keeps what was read, by its path, for the check. */
function remembering(files: Files, into: Map<string, string>): Files {
  return {
    read(path) {
      const answer = files.read(path)
      if (answer.ok) into.set(path, answer.text)
      return answer
    },
  }
}

/** The folder of the Compose file, and nothing that a link leads out of it to. */
function filesOf(folder: string): Files {
  const root = realpathSync(folder)
  return {
    read(path): FileAnswer {
      if (path.startsWith('/') || path === '..' || path.startsWith('../'))
        return { ok: false, trouble: 'outside' }
      let real: string
      try {
        real = realpathSync(join(folder, path))
      } catch (error) {
        return { ok: false, trouble: isMissing(error) ? 'missing' : 'unreadable' }
      }
      if (real !== root && !real.startsWith(root + sep)) return { ok: false, trouble: 'outside' }
      const read = readPlain(real)
      if (!read.ok) return read
      const text = textOfBytes(read.bytes)
      return text === null ? { ok: false, trouble: 'no text' } : { ok: true, text }
    },
  }
}
