// `gantry destroy STACK`: stops and removes a stack. Invariant: data goes only when its volume is named.

import { exitCodes, Fault, isName } from '../../model/index.ts'
import { makeDestroyPlan, renderPlan } from '../../plan/index.ts'
import type { Command } from '../context.ts'
import { nameOfCluster } from '../home.ts'
import { follow } from '../follow.ts'
import { event } from '../event.ts'
import { requireDuration } from './apply.ts'
import { nothingThere } from './status.ts'

export interface DestroyArgs {
  readonly stack: string
  readonly deleteVolume: readonly string[]
  readonly yes: boolean
  readonly wait: boolean
  readonly timeout: string
  readonly json: boolean
  readonly planId: () => string
}

export const runDestroy: Command<DestroyArgs> = async (context, args) => {
  const { terminal, clock, signal } = context
  const timeoutMs = requireDuration(args.timeout)
  if (!isName(args.stack))
    throw new Fault({
      what: `${JSON.stringify(args.stack)} is not the name of a stack`,
      fix: 'gantry status lists the stacks',
      exit: exitCodes.usage,
    })
  return context.withClient(async (client, cluster) => {
    const snapshot = await client.snapshot()
    const isThere = snapshot.rows.some(
      (row) =>
        (row.table === 'stacks' && row.key === args.stack) ||
        (row.table === 'volumes' && row.value?.stack === args.stack),
    )
    if (!isThere) throw nothingThere(`stack ${args.stack}`)
    const plan = makeDestroyPlan({
      stack: args.stack,
      snapshot,
      now: clock.now(),
      planId: args.planId(),
      deleteVolumes: args.deleteVolume,
      clusterName: nameOfCluster(cluster),
    })
    if (args.json) terminal.out(event('plan', { plan }))
    else terminal.out(renderPlan(plan, { width: terminal.width, color: terminal.hasColor, full: false }))
    if (!plan.applyable) return exitCodes.failed
    if (!args.yes && !(await terminal.confirm(`destroy ${args.stack}?`, signal))) {
      terminal.say('nothing was changed')
      return exitCodes.failed
    }
    const { version } = await client.destroy({
      stack: args.stack,
      baseVersion: plan.basis.stackVersion,
      deleteVolumes: [...args.deleteVolume],
    })
    if (!args.wait) return exitCodes.ok
    return follow(context, client, { plan, version, timeoutMs, json: args.json })
  })
}
