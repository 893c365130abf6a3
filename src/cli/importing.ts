// The commands that take in what other tools wrote: how their arguments and options are called.

import process from 'node:process'
import type { Command as Program } from 'commander'
import type { Run } from './authoring.ts'

const collect = (value: string, before: readonly string[]): string[] => [...before, value]

interface ComposeOptions {
  readonly out?: string
  readonly force?: boolean
  readonly name?: string
  readonly json?: boolean
  readonly report?: string
  readonly allowLoss?: boolean
  readonly allow: string[]
}

export function addImport(program: Program, run: Run): void {
  const group = program.command('import').description('make a stack from what another tool describes')
  group
    .command('compose')
    .argument('<file>', "a Compose file, its folder, or '-' for stdin")
    .description(
      'write the stack of a Compose file, and report what became of every key; 1 when one was refused',
    )
    .option('-o, --out <file>', 'the stack file to write; stdout when left away')
    .option('--force', 'write over files that are there')
    .option('--name <name>', "the stack's name; the file's own or its folder's when left away")
    .option('--report <file>', 'write the whole report to a file, as JSON when its name ends in .json')
    .option(
      '--allow <key>',
      'agree that this key is refused, as the report shows it; * for any part (repeatable)',
      collect,
      [],
    )
    .option('--allow-loss', 'agree with everything that is refused')
    .option('--json', 'code and report as one JSON document')
    .action((file: string, options: ComposeOptions) =>
      run(async (context) => {
        const { runImportCompose } = await import('./commands/import.ts')
        return runImportCompose(context, {
          file,
          stdin: process.stdin,
          out: options.out,
          force: options.force ?? false,
          name: options.name,
          json: options.json ?? false,
          report: options.report,
          allowLoss: options.allowLoss ?? false,
          allow: options.allow,
        })
      }),
    )
}
