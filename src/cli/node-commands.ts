// The commands about nodes, and how their arguments and options are called. What they do stands in commands/node.ts, which
// is loaded when one of them is called.

import type { Command as Program } from 'commander'
import type { Run } from './authoring.ts'

const load = () => import('./commands/node.ts')

export function addNodeCommands(program: Program, run: Run): void {
  const node = program.command('node').description('list nodes, drain, label and remove them')
  node
    .command('ls')
    .description('list the nodes and how they are')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      run(async (context) => (await load()).runNodeList(context, { json: options.json ?? false })),
    )
  node
    .command('inspect')
    .argument('<node>', 'name or id')
    .description('show all that is known of a node, and what keeps a drain from its end')
    .option('--json', 'as JSON')
    .action((name: string, options: { json?: boolean }) =>
      run(async (context) =>
        (await load()).runNodeInspect(context, { node: name, json: options.json ?? false }),
      ),
    )
  node
    .command('label')
    .argument('<node>', 'name or id')
    .argument('<labels...>', 'KEY=VALUE sets one, KEY- removes one')
    .description('set labels that placements speak of; they go over those of the agent')
    .action((name: string, labels: string[]) =>
      run(async (context) => (await load()).runNodeLabel(context, { node: name, labels })),
    )
  node
    .command('taint')
    .argument('<node>', 'name or id')
    .argument('<taint>', 'KEY=VALUE:noschedule, KEY:noexecute, or KEY- to remove it')
    .description('keep tasks away that do not tolerate it; noexecute moves those that are there')
    .action((name: string, taint: string) =>
      run(async (context) => (await load()).runNodeTaint(context, { node: name, taint })),
    )
  node
    .command('pause')
    .argument('<node>', 'name or id')
    .description('place nothing new there')
    .action((name: string) =>
      run(async (context) =>
        (await load()).runNodeAvailability(context, { node: name, availability: 'pause' }),
      ),
    )
  node
    .command('activate')
    .argument('<node>', 'name or id')
    .description('take a pause or a drain back')
    .action((name: string) =>
      run(async (context) =>
        (await load()).runNodeAvailability(context, { node: name, availability: 'active' }),
      ),
    )
  node
    .command('drain')
    .argument('<node>', 'name or id')
    .description('move its tasks elsewhere, one by one as health and budgets allow')
    .option('--wait', 'until it is empty')
    .option('--timeout <time>', 'how long to wait', '15m')
    .option('--deadline <time>', 'stop what is left after this time, jobs too')
    .option('--force', 'stop everything at once')
    .option('--json', 'events as JSON, one a line')
    .action(
      (
        name: string,
        options: { wait?: boolean; timeout: string; deadline?: string; force?: boolean; json?: boolean },
      ) =>
        run(async (context) =>
          (await load()).runNodeDrain(context, {
            node: name,
            wait: options.wait ?? false,
            timeout: options.timeout,
            deadline: options.deadline,
            force: options.force ?? false,
            json: options.json ?? false,
          }),
        ),
    )
  node
    .command('remove')
    .argument('<node>', 'name or id')
    .description('forget a node that is lost or drained')
    .option('--forget-volumes', 'the data of volumes that are on it counts as lost')
    .option('-y, --yes', 'do not ask')
    .action((name: string, options: { forgetVolumes?: boolean; yes?: boolean }) =>
      run(async (context) =>
        (await load()).runNodeRemove(context, {
          node: name,
          forgetVolumes: options.forgetVolumes ?? false,
          yes: options.yes ?? false,
        }),
      ),
    )
  node
    .command('release')
    .description('replace what was on nodes that vanished at once, though they may come back')
    .action(() => run(async (context) => (await load()).runNodeRelease(context, {})))
}
