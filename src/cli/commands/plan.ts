// `gantry plan`: what an apply would do and what would happen. Invariant: it only reads.

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { exitCodes, Fault, messageOf } from '../../model/index.ts'
import {
  encodePlanFile,
  isNothingToDo,
  makePlan,
  refusalDiagnostics,
  refusedExit,
  renderPlan,
  renderPlanMarkdown,
} from '../../plan/index.ts'
import { compileProgram, doesNotCompile } from '../compile.ts'
import type { ProgramArgs } from '../compile.ts'
import type { Command } from '../context.ts'
import { showDiagnostics } from './check.ts'
import { nameOfCluster } from '../home.ts'
import { dueSecrets, givenSecrets, originsOf, withGiven } from '../inputs/secrets.ts'

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
  const { compiled } = program
  const { stack } = compiled.document
  const values = givenSecrets(compiled.document, program.inputs)
  const { snapshot, clusterName } = await context.withClient(async (client, cluster) => ({
    snapshot: await client.snapshot(),
    clusterName: nameOfCluster(cluster),
  }))
  // A plan that is carried out later has no values with it: it is made for the secrets as they are.
  const { given, lines } = dueSecrets(snapshot, stack, args.out === undefined ? values : [])
  const plan = makePlan({
    compiled,
    snapshot: withGiven(snapshot, stack, given, clock.now()),
    given: originsOf(stack, given),
    now: clock.now(),
    planId: args.planId(),
    clusterName,
  })
  if (args.json) terminal.out(JSON.stringify(plan, null, 2))
  else if (args.markdown) terminal.out(renderPlanMarkdown(plan))
  else terminal.out(renderPlan(plan, { width: terminal.width, color: terminal.hasColor, full: args.full }))
  for (const line of lines) terminal.say(line)
  if (args.out !== undefined)
    for (const { name } of values)
      terminal.say(
        `a saved plan holds no values: set that of ${name} with gantry secret set ${stack}/${name}`,
      )
  const refused = refusedExit(plan)
  if (refused !== null) {
    // A plan on the same screen has said all of it, but for the line itself.
    if (!args.json && !terminal.isOneScreen)
      showDiagnostics(context, refusalDiagnostics(plan), program.file, args.verbose)
    return refused
  }
  if (args.out !== undefined) {
    savePlan(resolve(cwd, args.out), encodePlanFile(plan, compiled))
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
