// `gantry node …`: what nodes there are, and what operators do with them. Invariant: a drain that is waited for ends with
// 0 only when the node is empty, and says while it waits what holds it up.

import { exitCodes, humanDuration } from '../../model/index.ts'
import type { NodeUpdateRequest } from '../../model/index.ts'
import type { Client } from '../client.ts'
import type { Command, Context } from '../context.ts'
import { event } from '../event.ts'
import { readLabels, readTaint, renderNode, renderNodes } from '../nodes.ts'
import type { Inspected } from '../nodes.ts'
import { printable } from '../terminal.ts'
import { requireDuration } from './apply.ts'

export const runNodeList: Command<{ readonly json: boolean }> = async (
  { terminal, withClient },
  { json },
) => {
  const view = await withClient((client) => client.status())
  if (json) terminal.out(JSON.stringify({ format_version: 1, nodes: view.nodes, hold: view.hold }, null, 2))
  else terminal.out(renderNodes(view, terminal))
  return exitCodes.ok
}

export const runNodeInspect: Command<{ readonly node: string; readonly json: boolean }> = async (
  { terminal, clock, withClient },
  { node, json },
) => {
  const found = await withClient((client) => client.inspectNode(node))
  if (json) terminal.out(JSON.stringify({ format_version: 1, ...found }, null, 2))
  else terminal.out(renderNode(found, clock.now(), terminal))
  return exitCodes.ok
}

/** One change, and a line that says what came of it. */
async function update(context: Context, request: NodeUpdateRequest, said: string): Promise<number> {
  await context.withClient((client) => client.updateNode(request))
  context.terminal.out(said)
  return exitCodes.ok
}

export const runNodeAvailability: Command<{
  readonly node: string
  readonly availability: 'active' | 'pause'
}> = (context, { node, availability }) =>
  update(
    context,
    { node, availability },
    availability === 'active' ? `${node} takes tasks` : `${node} takes no new tasks; what runs there stays`,
  )

export const runNodeLabel: Command<{ readonly node: string; readonly labels: readonly string[] }> = (
  context,
  { node, labels },
) => update(context, { node, labels: readLabels(labels) }, `labelled ${node}`)

export const runNodeTaint: Command<{ readonly node: string; readonly taint: string }> = (
  context,
  { node, taint },
) => {
  const change = readTaint(taint)
  return update(
    context,
    { node, ...change },
    change.taint ? `tainted ${node}` : `${node} has that taint no more`,
  )
}

export const runNodeRelease: Command<object> = async ({ terminal, withClient }) => {
  await withClient((client) => client.releaseHold())
  terminal.out('what was on the nodes that vanished is replaced')
  return exitCodes.ok
}

export interface NodeRemoveArgs {
  readonly node: string
  readonly forgetVolumes: boolean
  readonly yes: boolean
}

export const runNodeRemove: Command<NodeRemoveArgs> = async (context, { node, forgetVolumes, yes }) => {
  const { terminal, signal } = context
  return context.withClient(async (client) => {
    const found = await client.inspectNode(node)
    const { name } = found.node
    const question = forgetVolumes ? `remove ${name}, and count its data as lost?` : `remove ${name}?`
    if (!yes && !(await terminal.confirm(question, signal))) {
      terminal.say('nothing was changed')
      return exitCodes.failed
    }
    await client.removeNode({ node: found.node.id, forgetVolumes })
    terminal.out(`${name} is forgotten`)
    return exitCodes.ok
  })
}

export interface NodeDrainArgs {
  readonly node: string
  readonly deadline: string | undefined
  readonly force: boolean
  readonly wait: boolean
  readonly timeout: string
  readonly json: boolean
}

export const runNodeDrain: Command<NodeDrainArgs> = async (context, args) => {
  const { terminal } = context
  const timeoutMs = requireDuration(args.timeout)
  const deadlineMs = args.force
    ? 0
    : args.deadline === undefined
      ? undefined
      : requireDuration(args.deadline, '--deadline')
  return context.withClient(async (client) => {
    await client.updateNode({
      node: args.node,
      availability: 'drain',
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    })
    if (args.wait) return untilEmpty(context, client, args, timeoutMs)
    if (args.json) terminal.out(event('drain', { node: args.node }))
    else terminal.out(`${args.node} is being drained: gantry node inspect ${args.node} shows how far it is`)
    return exitCodes.ok
  })
}

const pollMs = 1000

async function untilEmpty(
  { terminal, clock, signal }: Context,
  client: Client,
  { node, json }: NodeDrainArgs,
  timeoutMs: number,
): Promise<number> {
  const began = clock.monotonic()
  let said = ''
  for (;;) {
    const { tasks } = await client.inspectNode(node)
    if (json) {
      const line = event('drain', { node, left: tasks })
      if (line !== said) terminal.out(line)
      said = line
    } else {
      const text = progressText(tasks)
      if (text !== said && tasks.length > 0) terminal.say(text)
      said = text
    }
    if (tasks.length === 0) {
      if (!json) terminal.out(`${node} is empty after ${humanDuration(clock.monotonic() - began)}`)
      return exitCodes.ok
    }
    if (clock.monotonic() - began > timeoutMs) {
      terminal.say(`${node} is not empty yet; the drain goes on`)
      return exitCodes.timedOut
    }
    await clock.sleep(pollMs, signal)
  }
}

function progressText(tasks: Inspected['tasks']): string {
  const count = `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} left`
  return [
    count,
    ...tasks.flatMap(({ address, why }) => (why === null ? [] : [`  ${address}: ${printable(why)}`])),
  ].join('\n')
}
