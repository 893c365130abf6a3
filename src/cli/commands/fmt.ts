// `gantry fmt [FILES…]`: formats the templates of the small languages in stack files, in place. Invariant: a file is
// written only when something in it changes, at once and as a whole; what has mistakes is left alone and reported.

import { readdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { templatesOf } from '../../compiler/index.ts'
import { exitCodes, Fault, messageOf } from '../../model/index.ts'
import type { Command, Context } from '../context.ts'
import { rewrite } from '../format/rewrite.ts'
import type { Formatter } from '../format/rewrite.ts'
import { showDiagnostics } from './check.ts'

export interface FormatArgs {
  readonly files: readonly string[]
  /** Write nothing, and say with exit 11 what is not formatted. */
  readonly check: boolean
}

export const runFormat: Command<FormatArgs> = async (context, args) => {
  const { terminal, cwd } = context
  const { formatTemplate, parseTemplate } = await import('../../../grammar/index.ts')
  const formatter: Formatter = {
    format: formatTemplate,
    mistakesIn: (kind, text) => parseTemplate(kind, text).mistakes,
  }
  const changed = new Set<string>()
  const seen = new Set<string>()
  let hasMistakes = false
  for (const target of args.files.length === 0 ? ['.'] : args.files)
    for (const { file, isAll } of filesOf(target, cwd))
      hasMistakes =
        (await formatFile(context, file, isAll, args.check, formatter, { seen, changed })) || hasMistakes
  for (const file of [...changed].sort()) terminal.out(relative(cwd, file))
  if (hasMistakes) return exitCodes.doesNotCompile
  if (!args.check || changed.size === 0) return exitCodes.ok
  terminal.say(
    `${changed.size} ${changed.size === 1 ? 'file is' : 'files are'} not formatted; gantry fmt does it`,
  )
  return exitCodes.notFormatted
}

/** Files that were looked at, and those of them that are not formatted, or were not. */
interface Progress {
  readonly seen: Set<string>
  readonly changed: Set<string>
}

/** Whether there are mistakes in it; they have been shown then. */
async function formatFile(
  context: Context,
  entry: string,
  isAll: boolean,
  isCheck: boolean,
  formatter: Formatter,
  { seen, changed }: Progress,
): Promise<boolean> {
  const found = await templatesOf(entry)
  if (!found.ok) {
    showDiagnostics(context, found.diagnostics, entry, false)
    return true
  }
  let hasMistakes = false
  const folder = dirname(entry)
  for (const file of isAll ? found.files : found.files.slice(0, 1)) {
    const path = join(folder, file.path)
    if (seen.has(path) || !isOwn(file.path)) continue
    seen.add(path)
    const { text, mistakes } = rewrite(file, formatter)
    if (mistakes.length > 0) {
      showDiagnostics(context, mistakes, entry, false)
      hasMistakes = true
    }
    if (text === file.text) continue
    changed.add(path)
    if (!isCheck) replace(path, text, file.text)
  }
  return hasMistakes
}

/** Not a package's, and not the standard library's. */
function isOwn(path: string): boolean {
  return /\.[cm]?ts$/.test(path) && !path.startsWith('/') && !/(?:^|\/)node_modules\/|^gantry\//.test(path)
}

/** A folder means its stack files and what they import; a file only itself. */
function filesOf(target: string, cwd: string): { readonly file: string; readonly isAll: boolean }[] {
  const path = resolve(cwd, target)
  try {
    if (!statSync(path).isDirectory()) return [{ file: path, isAll: false }]
    const names = readdirSync(path).filter((name) => name === 'stack.ts' || name.endsWith('.stack.ts'))
    if (names.length > 0) return names.sort().map((name) => ({ file: join(path, name), isAll: true }))
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new Fault({
      what: `cannot open ${target}`,
      why: isMissing ? 'no such file or folder' : messageOf(error),
      fix: 'name stack files, or folders that hold some',
    })
  }
  throw new Fault({
    what: `there is no stack file in ${target === '.' ? 'this folder' : target}`,
    why: 'a stack file is called stack.ts or NAME.stack.ts',
    fix: 'name the files to format',
  })
}

/** Beside it first, so that there is no moment at which half of it is there. A link stays one. */
function replace(path: string, text: string, before: string): void {
  try {
    const real = realpathSync(path)
    const raw = readFileSync(real, 'utf8')
    // The compiler reads a file without its byte order mark; it stays.
    const mark = raw.startsWith('\uFEFF') ? '\uFEFF' : ''
    if (raw !== mark + before)
      throw new Fault({ what: `${path} was changed meanwhile`, fix: 'run gantry fmt again' })
    const beside = `${real}.gantry-fmt`
    writeFileSync(beside, mark + text, { mode: statSync(real).mode })
    renameSync(beside, real)
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault({ what: `cannot write ${path}`, why: messageOf(error), fix: 'check its rights' })
  }
}
