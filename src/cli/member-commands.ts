// The commands about who belongs to a cluster, hosts and people, and how their arguments and options are called. What they
// do stands in commands/, and is loaded when one of them is called.

import type { Command as Program } from 'commander'
import { collect } from './authoring.ts'
import type { Run } from './authoring.ts'

interface HostOptions {
  readonly name?: string
  readonly docker?: string
  readonly ownDocker?: boolean
  readonly publishAddress?: string
}

function withHostOptions(command: Program): Program {
  return command
    .option('--name <name>', 'name of the node; the host name when left away')
    .option('--docker <socket>', 'Docker socket to use instead of the one found')
    .option('--own-docker', 'start a Docker daemon of its own even though another one runs')
    .option('--publish-address <ip>', 'address on which published ports are opened (default 0.0.0.0)')
}

function hostArgs({ name, docker, ownDocker, publishAddress }: HostOptions) {
  return { name, docker, ownDocker: ownDocker ?? false, publishAddress }
}

export function addMemberCommands(program: Program, run: Run): void {
  const cluster = program.command('cluster').description('make a cluster of many hosts')
  withHostOptions(
    cluster
      .command('init')
      .description('make the first host of a cluster: its keys, a server, an agent')
      .option('--address <host>', 'name or IP address by which the other hosts reach this one')
      .option('--port <port>', 'port on which it takes them', '4222'),
  ).action((options: HostOptions & { address?: string; port: string }) =>
    run(async (context) => {
      const { runClusterInit } = await import('./commands/cluster.ts')
      const { address, port } = options
      return runClusterInit(context, { ...hostArgs(options), address, port })
    }),
  )
  withHostOptions(
    program
      .command('join')
      .description('make this host a node of a cluster')
      .requiredOption('--token <token>', 'as gantry token create printed it')
      .option('--as <role>', 'agent'),
  ).action((options: HostOptions & { token: string; as?: string }) =>
    run(async (context) => {
      const { runJoin } = await import('./commands/join.ts')
      return runJoin(context, { ...hostArgs(options), token: options.token, as: options.as })
    }),
  )
  addTokens(program, run)
  addUsers(program, run)
}

function addTokens(program: Program, run: Run): void {
  const load = () => import('./commands/token.ts')
  const token = program.command('token').description('make, list and revoke the tokens with which hosts join')
  token
    .command('create')
    .description('print a new token')
    .option('--role <role>', 'what hosts join as', 'agent')
    .option('--ttl <time>', 'how long it is good', '1h')
    .option('--uses <number>', 'how many hosts may join with it; any number when left away')
    .action((options: { role: string; ttl: string; uses?: string }) =>
      run(async (context) => {
        const { role, ttl, uses } = options
        return (await load()).runTokenCreate(context, { role, ttl, uses })
      }),
    )
  token
    .command('list')
    .description('list tokens, without what would let anybody in')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      run(async (context) => (await load()).runTokenList(context, { json: options.json ?? false })),
    )
  token
    .command('revoke')
    .argument('<id>', 'as gantry token list shows it')
    .description('let nobody in by this token any more')
    .action((id: string) => run(async (context) => (await load()).runTokenRevoke(context, { id })))
}

function addUsers(program: Program, run: Run): void {
  const load = () => import('./commands/user.ts')
  const user = program.command('user').description('make, list and revoke users and what they may do')
  user
    .command('create')
    .argument('<name>', 'name of the user')
    .description('make a user, and write its credentials to a file')
    .requiredOption('--role <role>', 'viewer, deployer, operator or admin')
    .option('--stack <name>', 'a stack that a deployer may change (repeatable)', collect, [])
    .option('--ttl <time>', 'how long the user is good; for ever when left away')
    .requiredOption('-o, --out <file>', 'takes the credentials; not overwritten')
    .action((name: string, options: { role: string; stack: string[]; ttl?: string; out: string }) =>
      run(async (context) => {
        const { role, stack: stacks, ttl, out } = options
        return (await load()).runUserCreate(context, { name, role, stacks, ttl, out })
      }),
    )
  user
    .command('list')
    .description('list users, and what they may do')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      run(async (context) => (await load()).runUserList(context, { json: options.json ?? false })),
    )
  user
    .command('revoke')
    .argument('<name>', 'name of the user')
    .description('take all rights from a user, at once')
    .action((name: string) => run(async (context) => (await load()).runUserRevoke(context, { name })))
}
