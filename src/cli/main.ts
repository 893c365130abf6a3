// The process of a command: its arguments, signals and streams, and how every error ends in one sentence and an exit
// code. Invariant: nothing ends the process in the middle of something but a second signal. What commands there are
// stands in commands.ts.

import process from 'node:process'
import { Command as Program, CommanderError, Help, Option } from 'commander'
import { exitCodes, Fault, messageOf } from '../model/index.ts'
import type { Context } from './context.ts'
import { ownVersion } from './context.ts'
import { openContext } from './open-context.ts'
import { addCommands } from './commands.ts'
import { createTerminal, printable } from './terminal.ts'
import type { ColorChoice } from './terminal.ts'

interface GlobalOptions {
  readonly home?: string
  readonly color: ColorChoice
  readonly debug?: boolean
}

const interrupt = new AbortController()
/** Aborted when nobody reads standard output any more. */
const readerGone = new AbortController()

/** Runs the command line; resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let result: Promise<number> = Promise.resolve(exitCodes.ok)
  const program = new Program('gantry')
  const help = new Help()
  const run = (act: (context: Context) => Promise<number>) => {
    result = act(openContext(program.opts<GlobalOptions>(), interrupt.signal, readerGone.signal))
    return result.then(() => undefined)
  }
  program
    .description('runs containers on a group of hosts as one cluster; its language is TypeScript')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('--home <folder>', 'folder of the one-node cluster (or GANTRY_HOME)')
    .addOption(
      new Option('--color <when>', 'colour: auto, always or never')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--debug', 'show stack traces and the log of the connection')
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      sortSubcommands: false,
      // That what may be repeated is given no times by default needs no saying.
      optionDescription: (option) =>
        Array.isArray(option.defaultValue)
          ? option.description
          : Help.prototype.optionDescription.call(help, option),
    })
    .configureOutput({
      outputError: (text, write) => write(`error: ${text.replace(/^error: /, '')}`),
      getOutHelpWidth: () => (process.stdout.isTTY ? process.stdout.columns : 80),
      getErrHelpWidth: () => (process.stderr.isTTY ? process.stderr.columns : 80),
    })
    .showHelpAfterError('(gantry --help shows what there is)')

  addCommands(program, run)

  const terminal = createTerminal(process, process.env, colorOf(argv))
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true })
      return exitCodes.usage
    }
    await program.parseAsync([...argv], { from: 'user' })
    return await result
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    const isJson = argv.includes('--json')
    const isDebug = argv.includes('--debug')
    if (interrupt.signal.aborted) {
      terminal.say('interrupted')
      return exitCodes.interrupted
    }
    if (error instanceof Fault) {
      const { what, why, fix } = error.details
      if (isJson)
        terminal.out(JSON.stringify({ format_version: 1, error: { what, why, fix, exit: error.exit } }))
      terminal.say(`${terminal.errColor.red('error:')} ${printable(error.message)}`)
      if (isDebug && error.stack !== undefined) terminal.say(error.stack)
      return error.exit
    }
    if (isJson)
      terminal.out(
        JSON.stringify({ format_version: 1, error: { what: messageOf(error), exit: exitCodes.bug } }),
      )
    terminal.say(`${terminal.errColor.red('error:')} this is a bug of gantry: ${printable(messageOf(error))}`)
    terminal.say(
      isDebug && error instanceof Error && error.stack !== undefined
        ? error.stack
        : 'run the same with --debug for what is needed to report it',
    )
    return exitCodes.bug
  }
}

/** Read before the options are parsed, for errors of the parsing itself. */
function colorOf(argv: readonly string[]): ColorChoice {
  const at = argv.findIndex((argument) => argument === '--color')
  const value = at >= 0 ? argv[at + 1] : argv.find((argument) => argument.startsWith('--color='))?.slice(8)
  return value === 'always' || value === 'never' ? value : 'auto'
}

function stopOn(signal: NodeJS.Signals): void {
  // A second one means it: the first is being obeyed too slowly.
  process.once(signal, () => {
    interrupt.abort(new Error('interrupted'))
    process.once(signal, () => process.exit(exitCodes.interrupted))
  })
}

stopOn('SIGINT')
stopOn('SIGTERM')
// A reader that goes away (`gantry status | head -1`) is no error, and no reason to leave an apply half watched.
// Anything else is: whoever reads the file would take a part for the whole.
const unwritten = new Set<string>()
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  readerGone.abort()
  if (error.code === 'EPIPE') return
  // "ENOSPC: no space left on device, write"
  const why = error.message.replace(/^E[A-Z0-9]+: /, '').replace(/, write$/, '')
  if (!unwritten.has(why)) process.stderr.write(`error: cannot write the output: ${why}\n`)
  unwritten.add(why)
})
// The stream says so later than the command ends.
process.on('exit', (code) => {
  if (unwritten.size > 0 && (code === exitCodes.ok || code === exitCodes.changes))
    process.exitCode = exitCodes.failed
})
// Where messages cannot be written there is nobody to tell that.
process.stderr.on('error', () => undefined)
process.exitCode = await main(process.argv.slice(2))
