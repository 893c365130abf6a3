// The commands for writing stacks: how their arguments and options are called. None of them needs a cluster. Invariant: modules that only some commands need are loaded by those commands, so that the others start at once.

import { Argument, Option } from 'commander'
import type { Command as Program } from 'commander'
import type { Context } from './context.ts'
import { addImport } from './importing.ts'

export type Run = (act: (context: Context) => Promise<number>) => Promise<void>

export const collect = (value: string, before: readonly string[]): string[] => [...before, value]

/** What `withInputs` adds. */
export interface InputOptions {
  readonly input: string[]
  readonly inputsFile?: string
}

/** Options of every command that evaluates a stack. */
export function withInputs(command: Program): Program {
  return command
    .option('--input <name=value>', 'set an input; name=@file reads it from a file (repeatable)', collect, [])
    .option('--inputs-file <file>', 'inputs from a JSON, YAML or .env file')
}

const fileArgument = ['[file]', 'a stack file, or a folder with one'] as const

export function addAuthoring(program: Program, run: Run): void {
  program.commandsGroup('Writing stacks:')
  addInit(program, run)
  addCheck(program, run)
  addExplain(program, run)
  addGraph(program, run)
  addPrint(program, run)
  addFormat(program, run)
  addSchema(program, run)
  addImport(program, run)
}

function addInit(program: Program, run: Run): void {
  program
    .command('init')
    .argument('[folder]', 'where; this folder when left away')
    .description(
      'make a new stack folder: package.json, tsconfig.json, a stack, a test, editor and CI settings',
    )
    .option('--name <name>', "the stack's name; the folder's name when left away")
    .action((folder: string | undefined, options: { name?: string }) =>
      run(async (context) => {
        const { runInit } = await import('./commands/init.ts')
        return runInit(context, { folder, name: options.name })
      }),
    )
}

interface CheckOptions extends InputOptions {
  readonly json?: boolean
  readonly format?: 'text' | 'json' | 'github' | 'sarif'
  readonly strict?: boolean
  readonly verbose?: boolean
  readonly watch?: boolean
}

function addCheck(program: Program, run: Run): void {
  withInputs(
    program
      .command('check')
      .alias('validate')
      .argument(...fileArgument)
      .description('check a stack: types, rules, every combination of its finite inputs'),
  )
    .addOption(
      new Option('--format <format>', 'how to show what is found; default: text').choices([
        'text',
        'json',
        'github',
        'sarif',
      ]),
    )
    .addOption(new Option('--json', 'the same as --format json').conflicts('format'))
    .option('--strict', 'warnings fail too')
    .option('-w, --watch', 'check again after every change')
    .option('--verbose', "the compiler's own words too")
    .action((file: string | undefined, options: CheckOptions) =>
      run(async (context) => {
        const { runCheck } = await import('./commands/check.ts')
        return runCheck(context, {
          file,
          input: options.input,
          inputsFile: options.inputsFile,
          format: options.json === true ? 'json' : (options.format ?? 'text'),
          strict: options.strict ?? false,
          verbose: options.verbose ?? false,
          watch: options.watch ?? false,
        })
      }),
    )
}

function addExplain(program: Program, run: Run): void {
  program
    .command('explain')
    .argument('[code]', 'such as GT2001; all codes when left away')
    .description('explain a diagnostic')
    .option('--json', 'as JSON')
    .action((code: string | undefined, options: { json?: boolean }) =>
      run(async (context) => {
        const { runExplain } = await import('./commands/explain.ts')
        return runExplain(context, { code, json: options.json ?? false })
      }),
    )
}

interface ShowOptions extends InputOptions {
  readonly as?: string
  readonly verbose?: boolean
}

const showArgs = (file: string | undefined, options: ShowOptions) => ({
  file,
  input: options.input,
  inputsFile: options.inputsFile,
  as: options.as,
  verbose: options.verbose ?? false,
  json: false,
})

function addGraph(program: Program, run: Run): void {
  withInputs(
    program
      .command('graph')
      .argument(...fileArgument)
      .description('draw a stack: what there is, who refers to whom, who mounts what'),
  )
    .addOption(
      new Option(
        '--format <format>',
        'mermaid, dot or svg; default: what the name of the file says, else mermaid',
      ).choices(['mermaid', 'dot', 'svg']),
    )
    .option('-o, --out <file>', 'write it to this file')
    .option('--as <name>', 'under another stack name')
    .option('--verbose', "the compiler's own words too")
    .action(
      (
        file: string | undefined,
        options: ShowOptions & { format?: 'mermaid' | 'dot' | 'svg'; out?: string },
      ) =>
        run(async (context) => {
          const { runGraph } = await import('./commands/graph.ts')
          return runGraph(context, { ...showArgs(file, options), format: options.format, out: options.out })
        }),
    )
}

function addPrint(program: Program, run: Run): void {
  withInputs(
    program
      .command('print')
      .argument(...fileArgument)
      .description('print the stack document: what the program becomes, as JSON'),
  )
    .option('--explain', 'a list instead: each value, and where it comes from')
    .option('--as <name>', 'under another stack name')
    .option('--verbose', "the compiler's own words too")
    .action((file: string | undefined, options: ShowOptions & { explain?: boolean }) =>
      run(async (context) => {
        const { runPrint } = await import('./commands/print.ts')
        return runPrint(context, { ...showArgs(file, options), explain: options.explain ?? false })
      }),
    )
}

function addFormat(program: Program, run: Run): void {
  program
    .command('fmt')
    .argument('[files...]', 'stack files, files they import, or folders; this folder when left away')
    .description('format what is written in the small languages: place, scale, every, gate')
    .option('--check', 'write nothing; list what is not formatted and exit with 11')
    .action((files: string[], options: { check?: boolean }) =>
      run(async (context) => {
        const { runFormat } = await import('./commands/fmt.ts')
        return runFormat(context, { files, check: options.check ?? false })
      }),
    )
}

function addSchema(program: Program, run: Run): void {
  program
    .command('schema')
    .addArgument(
      new Argument('[name]', 'document: what print gives; plan: what plan --json gives')
        .choices(['document', 'plan'])
        .default('document', 'document'),
    )
    .description('print a JSON Schema')
    .action((name: 'document' | 'plan') =>
      run(async (context) => {
        const { runSchema } = await import('./commands/schema.ts')
        return runSchema(context, { name })
      }),
    )
}
