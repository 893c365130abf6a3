// What commands there are and how their arguments and options are called. Invariant: modules that only some commands
// need are loaded by those commands, so that the others start at once. What a command does stands in commands/; the
// commands for writing stacks are called in authoring.ts.

import process from 'node:process'
import type { Command as Program } from 'commander'
import { addAuthoring, collect, withInputs } from './authoring.ts'
import type { InputOptions, Run } from './authoring.ts'
import { addMemberCommands } from './member-commands.ts'
import { addNodeCommands } from './node-commands.ts'

/** Adds every command; `run` is called with what the chosen one does. */
export function addCommands(program: Program, run: Run): void {
  addAuthoring(program, run)
  operating(program, run)
  hosting(program, run)
  addNodeCommands(program, run)
}

interface CarryOutOptions {
  readonly yes?: boolean
  readonly wait: boolean
  readonly timeout: string
  readonly deleteVolume: string[]
}

interface ProgramOptions extends InputOptions {
  readonly as?: string
  readonly json?: boolean
  readonly verbose?: boolean
  readonly full?: boolean
}

function withProgramOptions(command: Program): Program {
  return withInputs(command)
    .option('--as <name>', 'apply the program under another stack name')
    .option('--full', 'list what does not change too')
    .option('--verbose', "the compiler's own words too")
}

function programArgs(file: string | undefined, options: ProgramOptions) {
  return {
    file,
    input: options.input,
    inputsFile: options.inputsFile,
    as: options.as,
    json: options.json ?? false,
    verbose: options.verbose ?? false,
    full: options.full ?? false,
  }
}

function operating(program: Program, run: Run): void {
  program.commandsGroup('Running them:')
  withProgramOptions(
    program
      .command('plan')
      .alias('diff')
      .argument('[file]', 'a stack file, or a folder with one')
      .description('show what an apply would do and what would happen'),
  )
    .option('-o, --out <file>', 'save the plan for gantry apply FILE')
    .option('--json', 'the plan as JSON')
    .option('--markdown', 'a summary for a pull request')
    .option('--detailed-exitcode', 'exit with 2 when there are changes')
    .action(
      (
        file: string | undefined,
        options: ProgramOptions & { out?: string; markdown?: boolean; detailedExitcode?: boolean },
      ) =>
        run(async (context) => {
          const { runPlan } = await import('./commands/plan.ts')
          const { newId } = await import('./open-context.ts')
          return runPlan(context, {
            ...programArgs(file, options),
            out: options.out,
            markdown: options.markdown ?? false,
            detailedExitcode: options.detailedExitcode ?? false,
            planId: newId,
          })
        }),
    )
  withProgramOptions(
    program
      .command('apply')
      .argument('[file]', 'a stack file, a folder with one, or a saved plan')
      .description('plan, show, ask, apply, and follow the rollout to its end'),
  )
    .option('-y, --yes', 'do not ask')
    .option('--no-wait', 'return once it is applied')
    .option('--timeout <time>', 'how long to follow', '15m')
    .option('--stack-folder <folder>', 'folder of the build contexts of a saved plan')
    .option('--delete-volume <name>', 'agree that the data of this volume goes (repeatable)', collect, [])
    .option('--json', 'events as JSON, one a line')
    .action(
      (file: string | undefined, options: ProgramOptions & CarryOutOptions & { stackFolder?: string }) =>
        run(async (context) => {
          const { runApply } = await import('./commands/apply.ts')
          const { buildImage, newId } = await import('./open-context.ts')
          return runApply(context, {
            ...programArgs(file, options),
            yes: options.yes ?? false,
            wait: options.wait,
            timeout: options.timeout,
            stackFolder: options.stackFolder,
            deleteVolume: options.deleteVolume,
            planId: newId,
            buildImage: (cluster, request, say) => buildImage(cluster, request, say, context.signal),
          })
        }),
    )
  program
    .command('status')
    .alias('ps')
    .argument('[selector]', 'shop, shop/api or shop/api.3')
    .description('show services, jobs and tasks')
    .option('--where <condition>', 'only tasks of which it holds: \'state != "healthy" && node.zone == "a"\'')
    .option('--json', 'as JSON')
    .action((selector: string | undefined, options: { where?: string; json?: boolean }) =>
      run(async (context) => {
        const { runStatus } = await import('./commands/status.ts')
        return runStatus(context, { selector, where: options.where, json: options.json ?? false })
      }),
    )
  program
    .command('logs')
    .argument('<selector>', 'shop, shop/api or shop/api.3')
    .description('show what tasks wrote')
    .option('-f, --follow', 'go on as more is written, through restarts')
    .option('--tail <lines>', 'lines from the end of each task, or all', '100')
    .option('--timestamps', 'show when each line was written')
    .option('--json', 'lines as JSON')
    .action(
      (selector: string, options: { follow?: boolean; tail: string; timestamps?: boolean; json?: boolean }) =>
        run(async (context) => {
          const { runLogs } = await import('./commands/logs.ts')
          const { newId } = await import('./open-context.ts')
          return runLogs(context, {
            selector,
            follow: options.follow ?? false,
            tail: options.tail,
            timestamps: options.timestamps ?? false,
            json: options.json ?? false,
            streamId: newId,
          })
        }),
    )
  program
    .command('destroy')
    .argument('<stack>', 'name of the stack')
    .description('stop and remove a stack; volumes stay')
    .option('--delete-volume <name>', 'delete the data of this volume too (repeatable)', collect, [])
    .option('-y, --yes', 'do not ask')
    .option('--no-wait', 'return once it is asked for')
    .option('--timeout <time>', 'how long to follow', '5m')
    .option('--json', 'events as JSON, one a line')
    .action((stack: string, options: CarryOutOptions & { json?: boolean }) =>
      run(async (context) => {
        const { runDestroy } = await import('./commands/destroy.ts')
        const { newId } = await import('./open-context.ts')
        return runDestroy(context, {
          stack,
          deleteVolume: options.deleteVolume,
          yes: options.yes ?? false,
          wait: options.wait,
          timeout: options.timeout,
          json: options.json ?? false,
          planId: newId,
        })
      }),
    )
  withInputs(
    program
      .command('run')
      .argument('<job>', 'STACK/JOB')
      .description('start a job that runs by hand, with its parameters'),
  )
    .option('--param <name=value>', 'set a parameter of the job (repeatable)', collect, [])
    .option('--file <file>', 'take the job from this stack file instead of the applied stack')
    .action((address: string, options: InputOptions & { param: string[]; file?: string }) =>
      run(async (context) => {
        const { runRun } = await import('./commands/run.ts')
        const { param, file, input, inputsFile } = options
        return runRun(context, { address, param, file, input, inputsFile })
      }),
    )
  const secret = program.command('secret').description('set and list secrets')
  secret
    .command('set')
    .argument('<address>', 'STACK/NAME')
    .description('set a value, read from standard input; a new version when there is one')
    .option('--keep-newline', 'the line end at the end belongs to the value')
    .action((address: string, options: { keepNewline?: boolean }) =>
      run(async (context) => {
        const { runSecretSet } = await import('./commands/secret.ts')
        return runSecretSet(context, {
          address,
          stdin: process.stdin,
          keepNewline: options.keepNewline ?? false,
        })
      }),
    )
  secret
    .command('list')
    .argument('[stack]', 'only of this stack')
    .description('list secrets and their versions, never their values')
    .option('--json', 'as JSON')
    .action((stack: string | undefined, options: { json?: boolean }) =>
      run(async (context) => {
        const { runSecretList } = await import('./commands/secret.ts')
        return runSecretList(context, { stack, json: options.json ?? false })
      }),
    )
}

function hosting(program: Program, run: Run): void {
  program.commandsGroup('The cluster:')
  program
    .command('up')
    .description('start the one-node cluster, or what of it does not run')
    .option('--docker <socket>', 'Docker socket to use instead of the one found')
    .option('--own-docker', 'start a Docker daemon of its own even though another one runs')
    .option('--node <name>', 'name of the node; the host name when left away')
    .option('--publish-address <ip>', 'address on which published ports are opened (default 0.0.0.0)')
    .action((options: { docker?: string; ownDocker?: boolean; node?: string; publishAddress?: string }) =>
      run(async (context) => {
        const { runUp } = await import('./commands/up.ts')
        return runUp(context, {
          docker: options.docker,
          ownDocker: options.ownDocker ?? false,
          node: options.node,
          publishAddress: options.publishAddress,
        })
      }),
    )
  addMemberCommands(program, run)
  program
    .command('down')
    .description('stop the one-node cluster and its containers; data stays')
    .option('--purge', 'remove its data, volumes and images too')
    .option('-y, --yes', 'do not ask before removing data')
    .action((options: { purge?: boolean; yes?: boolean }) =>
      run(async (context) => {
        const { runDown } = await import('./commands/down.ts')
        return runDown(context, { purge: options.purge ?? false, yes: options.yes ?? false })
      }),
    )
  program
    .command('version')
    .description('print the version of this command and of the cluster')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      run(async (context) => {
        const { runVersion } = await import('./commands/version.ts')
        return runVersion(context, { json: options.json ?? false })
      }),
    )
  program
    .command('server', { hidden: true })
    .description('run the server process of the one-node cluster; gantry up starts it')
    .action(() =>
      run(async (context) => {
        const { runServer } = await import('./commands/server.ts')
        return runServer(context, {})
      }),
    )
  program
    .command('agent', { hidden: true })
    .description('run the agent process of the one-node cluster; gantry up starts it')
    .action(() =>
      run(async (context) => {
        const { runAgent } = await import('./commands/agent.ts')
        return runAgent(context, {})
      }),
    )
  program
    .command('guard', { hidden: true })
    .description('run the process that ends tasks without a lease; the agent starts it')
    .action(() =>
      run(async (context) => {
        const { runGuardProcess } = await import('./commands/guard.ts')
        return runGuardProcess(context, {})
      }),
    )
}
