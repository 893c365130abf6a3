// `gantry import compose FILE`: a Compose file becomes a stack file, with a report of what became of every key.
// Invariant: files are read from the folder of the Compose file alone, links resolved first; a file that is there is not
// overwritten without --force; the exit code is 1 when something was refused that was not allowed.

import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { importCompose, lossesOf, renderReport, reportJson, uselessAllowances } from '../../compose/index.ts'
import type { Allowed, FileAnswer, Files, ReportEntry } from '../../compose/index.ts'
import { exitCodes, Fault, isName, messageOf, nameRule, textOfBytes } from '../../model/index.ts'
import type { Command, Context } from '../context.ts'
import { printable } from '../terminal.ts'

export interface ImportArgs {
  readonly file: string
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

export const runImportCompose: Command<ImportArgs> = async (context, args) => {
  const { terminal, cwd } = context
  const path = resolve(cwd, args.file)
  if (args.name !== undefined && !isName(args.name))
    throw new Fault({
      what: `${JSON.stringify(args.name)} cannot be the name of a stack`,
      why: `a name is ${nameRule}`,
      exit: exitCodes.usage,
    })
  const folder = dirname(path)
  const result = importCompose({
    text: readCompose(path, args.file),
    file: basename(path),
    folder: folder.split(sep).join('/'),
    files: filesOf(folder),
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
  if (args.json)
    terminal.out(
      JSON.stringify({ format_version: 1, stack, code, report: reportJson(report, allowed) }, null, 2),
    )
  else {
    if (args.out === undefined) terminal.out(code.trimEnd())
    else terminal.out(`wrote ${args.out}`)
    terminal.say(printable(renderReport(report, allowed)))
  }
  if (losses.length === 0) return exitCodes.ok
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

function readCompose(path: string, shown: string): string {
  try {
    if (statSync(path).size > fileLimit)
      throw new Fault({ what: `cannot import ${shown}`, why: 'it is larger than 1 MiB' })
    const text = textOfBytes(readFileSync(path))
    if (text === null) throw new Fault({ what: `cannot import ${shown}`, why: 'it is no text in UTF-8' })
    return text.replace(/^\ufeff/, '')
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault({
      what: `cannot read ${shown}`,
      why: messageOf(error),
      fix: 'name a Compose file, such as compose.yaml',
    })
  }
}

function write({ cwd }: Context, path: string, text: string, force: boolean): void {
  try {
    writeFileSync(resolve(cwd, path), text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new Fault({
      what: `cannot write ${path}`,
      why: isThere ? 'it is there already' : messageOf(error),
      fix: isThere ? 'write over it with --force, or choose another name' : 'check the path and its rights',
    })
  }
}

/** The folder of the Compose file, and nothing that a link leads out of it to. */
function filesOf(folder: string): Files {
  const root = realpathSync(folder)
  return {
    read(path): FileAnswer {
      try {
        const real = realpathSync(join(folder, path))
        if (path.startsWith('/') || (real !== root && !real.startsWith(root + sep)))
          return { ok: false, trouble: 'outside' }
        const stat = statSync(real)
        if (stat.isDirectory()) return { ok: false, trouble: 'folder' }
        if (!stat.isFile()) return { ok: false, trouble: 'unreadable' }
        if (stat.size > fileLimit) return { ok: false, trouble: 'too large' }
        const text = textOfBytes(readFileSync(real))
        return text === null ? { ok: false, trouble: 'no text' } : { ok: true, text }
      } catch (error) {
        const isMissing =
          error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
        return { ok: false, trouble: isMissing ? 'missing' : 'unreadable' }
      }
    },
  }
}
