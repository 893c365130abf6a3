// `gantry plan`: what an apply would do and what would happen. Invariant: it only reads.

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { exitCodes, Fault, messageOf } from '../../model/index.ts'
import { encodePlanFile, isNothingToDo, makePlan, renderPlan, renderPlanMarkdown } from '../../plan/index.ts'
import { compileProgram, doesNotCompile } from '../compile.ts'
import type { ProgramArgs } from '../compile.ts'
import type { Command } from '../context.ts'
import { nameOfCluster } from '../home.ts'

export interface PlanArgs extends ProgramArgs {
  readonly out: string | undefined
  readonly markdown: boolean
  readonly full: boolean
  readonly detailedExitcode: boolean
  readonly planId: () => string
}

export const runPlan: Command<PlanArgs> = async (context, args) => {
  const { terminal, clock, cwd } = context
  const program = await compileProgram(context, args)
  if (!program) return doesNotCompile
  const { snapshot, clusterName } = await context.withClient(async (client, cluster) => ({
    snapshot: await client.snapshot(),
    clusterName: nameOfCluster(cluster),
  }))
  const plan = makePlan({
    compiled: program.compiled,
    snapshot,
    now: clock.now(),
    planId: args.planId(),
    clusterName,
  })
  if (args.json) terminal.out(JSON.stringify(plan, null, 2))
  else if (args.markdown) terminal.out(renderPlanMarkdown(plan))
  else terminal.out(renderPlan(plan, { width: terminal.width, color: terminal.hasColor, full: args.full }))
  if (!plan.applyable && plan.refusals.length > 0) return exitCodes.failed
  if (args.out !== undefined) {
    savePlan(resolve(cwd, args.out), encodePlanFile(plan, program.compiled))
    terminal.say(`saved; carry it out with: gantry apply ${args.out}`)
  }
  return args.detailedExitcode && !isNothingToDo(plan) ? exitCodes.changes : exitCodes.ok
}

function savePlan(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 })
  } catch (error) {
    throw new Fault({
      what: `cannot write the plan to ${file}`,
      why: messageOf(error),
      fix: 'name another file with -o',
    })
  }
}
