// `gantry apply`: plan, show, ask, build what is missing, apply, follow to the end. Invariant: what is carried out is
// the plan that was shown; when the cluster has moved on meanwhile, the leader refuses it.

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { exitCodes, Fault, messageOf, nameOf, parseDuration, volumeAddress } from '../../model/index.ts'
import type { ApplyRequest, CompiledStack, Duration } from '../../model/index.ts'
import {
  checkFresh,
  decodePlanFile,
  isNothingToDo,
  isPlanFile,
  makePlan,
  refusalDiagnostics,
  refusedExit,
  renderPlan,
} from '../../plan/index.ts'
import type { Plan } from '../../plan/index.ts'
import type { Client } from '../client.ts'
import { compileProgram, doesNotCompile } from '../compile.ts'
import type { ProgramArgs } from '../compile.ts'
import type { Command, Context } from '../context.ts'
import { event } from '../event.ts'
import { follow } from '../follow.ts'
import { nameOfCluster } from '../home.ts'
import { showDiagnostics } from './check.ts'
import type { ClusterFile } from '../home.ts'
import { dueSecrets, givenSecrets, originsOf, setGiven, withGiven } from '../inputs/secrets.ts'
import { imagesToBuild } from '../images.ts'
import type { BuildRequest } from '../images.ts'
import { requireFreePorts } from '../ports.ts'

export interface ApplyArgs extends ProgramArgs {
  readonly yes: boolean
  readonly wait: boolean
  readonly timeout: string
  readonly full: boolean
  /** Folder the build contexts of a saved plan are in. */
  readonly stackFolder: string | undefined
  /** Names of volumes whose data may go. */
  readonly deleteVolume: readonly string[]
  readonly planId: () => string
  /** Builds one image unless the engine has it. */
  readonly buildImage: (
    cluster: ClusterFile,
    request: BuildRequest,
    say: (line: string, isDetail: boolean) => void,
  ) => Promise<void>
}

export const runApply: Command<ApplyArgs> = async (context, args) => {
  const timeoutMs = requireDuration(args.timeout)
  const saved = readSavedPlan(context, args)
  if (saved && (args.input.length > 0 || args.inputsFile !== undefined || args.as !== undefined))
    throw new Fault({
      what: 'a saved plan has its inputs and its name already',
      fix: 'leave --input, --inputs-file and --as away, or make a new plan',
      exit: exitCodes.usage,
    })
  const program = saved ?? (await compileProgram(context, args))
  if (!program) return doesNotCompile
  const { compiled, file } = program
  const { stack } = compiled.document
  const values = 'inputs' in program ? givenSecrets(compiled.document, program.inputs) : []
  return context.withClient(async (client, cluster) => {
    const { terminal, clock, signal } = context
    const snapshot = await client.snapshot()
    const { given, lines } = dueSecrets(snapshot, stack, values)
    const plan =
      saved?.plan ??
      makePlan({
        compiled,
        snapshot: withGiven(snapshot, stack, given, clock.now()),
        given: originsOf(stack, given),
        now: clock.now(),
        planId: args.planId(),
        clusterName: nameOfCluster(cluster),
      })
    if (saved) refuseStale(saved.plan, checkFresh(saved.plan, snapshot, saved.compiled))
    show(context, args, plan)
    for (const line of lines) terminal.say(line)
    const refused = refusedExit(plan)
    if (refused !== null) {
      if (!args.json && !terminal.isOneScreen)
        showDiagnostics(context, refusalDiagnostics(plan), file, args.verbose)
      return refused
    }
    const buildMissing = async () => {
      for (const request of imagesToBuild(compiled, file))
        await args.buildImage(cluster, request, (line, isDetail) => {
          if (!args.json && (args.verbose || !isDetail)) terminal.say(line)
        })
    }
    const isNothing = isNothingToDo(plan)
    if (isNothing && given.length === 0) {
      // Tasks may be waiting for an image that somebody removed from the engine.
      await buildMissing()
      return exitCodes.ok
    }
    refuseLosses(plan, args.deleteVolume)
    if (!args.yes && !(await terminal.confirm(`apply this to ${plan.stack}?`, signal))) {
      terminal.say('nothing was changed')
      return exitCodes.failed
    }
    await requireFreePorts(compiled.document, await client.status(), cluster.publishAddress)
    await buildMissing()
    // Before the commit: tasks that it starts find their values.
    for (const line of await setGiven(client, stack, given)) terminal.say(line)
    if (isNothing) return exitCodes.ok
    const applied = await applyPlan(client, plan, compiled, args.deleteVolume)
    if (args.json)
      terminal.out(event('applied', { version: applied.version, seq: applied.seq, plan: plan.id }))
    else terminal.say(`applied ${plan.stack} version ${applied.version}`)
    if (!args.wait) return exitCodes.ok
    return follow(context, client, { plan, version: applied.version, timeoutMs, json: args.json })
  })
}

/** Before anything is built or asked; the leader refuses it as well. */
function refuseLosses(plan: Plan, agreed: readonly string[]): void {
  const lost = plan.losesData.map(nameOf).filter((name) => !agreed.includes(name))
  if (lost.length === 0) return
  throw new Fault({
    what: `this plan deletes the data of ${lost.map((name) => volumeAddress(plan.stack, name)).join(', ')}`,
    fix: `say so with ${lost.map((name) => `--delete-volume ${name}`).join(' ')}, or keep the volume declared`,
    exit: exitCodes.policy,
  })
}

async function applyPlan(
  client: Client,
  plan: Plan,
  compiled: CompiledStack,
  deleteVolumes: readonly string[],
) {
  const request: ApplyRequest = {
    document: compiled.document,
    sources: compiled.sources,
    planId: plan.id,
    baseVersion: plan.basis.stackVersion,
    ...(deleteVolumes.length > 0 ? { deleteVolumes: [...deleteVolumes] } : {}),
  }
  return client.apply(request)
}

function show({ terminal }: Context, args: ApplyArgs, plan: Plan): void {
  if (args.json) terminal.out(event('plan', { plan }))
  else terminal.out(renderPlan(plan, { width: terminal.width, color: terminal.hasColor, full: args.full }))
}

export function requireDuration(text: string, option = '--timeout'): Duration {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  throw new Fault({
    what: `${option} ${text} is not a span of time`,
    fix: 'write for example 90s, 10m or 1h',
    exit: exitCodes.usage,
  })
}

interface SavedPlan {
  readonly file: string
  readonly compiled: CompiledStack
  readonly plan: Plan
}

/** Null when the argument is no saved plan but a stack file or a folder. */
function readSavedPlan({ cwd }: Context, args: ApplyArgs): SavedPlan | null {
  if (args.file === undefined || args.file.endsWith('.ts')) return null
  const path = resolve(cwd, args.file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return null
    throw new Fault({
      what: `cannot open ${args.file}`,
      why:
        error instanceof Error && 'code' in error && error.code === 'ENOENT'
          ? 'no such file or folder'
          : messageOf(error),
      fix: 'name a stack file, a folder that holds one, or a plan saved with gantry plan -o',
    })
  }
  if (!isPlanFile(text)) return null
  const { plan, compiled } = decodePlanFile(text)
  // The build contexts are relative to where the stack file was, beside which the plan is taken to lie.
  const folder = args.stackFolder === undefined ? dirname(path) : resolve(cwd, args.stackFolder)
  return { file: resolve(folder, 'plan'), compiled, plan }
}

function refuseStale(plan: Plan, moved: readonly string[]): void {
  if (moved.length === 0) return
  throw new Fault({
    what: `the plan is stale: ${moved.join('; ')}`,
    why: `it was made from version ${plan.basis.stackVersion} of ${plan.stack}`,
    fix: 'make a new plan',
    exit: exitCodes.stale,
  })
}
