// `gantry run STACK/JOB`: starts a job that waits for being asked for. What is asked for is judged as it will be: the
// job, its parameters and their values. Then it is refused by name, because the cluster cannot start such jobs yet.

import { supportCodes } from '../../control/index.ts'
import { exitCodes, Fault, nearest, parseSelector, stateFromSnapshot } from '../../model/index.ts'
import type { JobSpec, StackDocument } from '../../model/index.ts'
import { compileProgram, doesNotCompile } from '../compile.ts'
import type { Command, Context } from '../context.ts'
import type { InputArgs } from '../inputs/resolve.ts'
import { parseInputs, readFiles } from '../inputs/written.ts'
import { judgeParameters } from '../parameters.ts'

export interface RunArgs extends InputArgs {
  /** STACK/JOB. */
  readonly address: string
  readonly param: readonly string[]
  /** The stack file to take the job from instead of the applied stack. */
  readonly file: string | undefined
}

export const runRun: Command<RunArgs> = async (context, args) => {
  const selector = parseSelector(args.address)
  if (selector?.kind !== 'service')
    throw new Fault({
      what: `${JSON.stringify(args.address)} does not name a job`,
      fix: 'write STACK/JOB, for example shop/reindex',
      exit: exitCodes.usage,
    })
  const written = readFiles(parseInputs(args.param, '--param', 'SIZE=large'), context.cwd)
  const document =
    args.file === undefined
      ? await appliedDocument(context, selector.stack)
      : await documentOf(context, selector.stack, args)
  if (!document) return doesNotCompile
  const job = requireJob(document, selector.name)
  const { problems } = judgeParameters(job.parameters ?? {}, written)
  if (problems.length > 0)
    throw new Fault({
      what: `cannot run ${args.address}`,
      why: problems.join('; '),
      fix: 'give parameters with --param NAME=value',
      exit: exitCodes.usage,
    })
  const { title, text, fix } = supportCodes.GT6020
  throw new Fault({
    what: `GT6020: ${args.address} is asked for as it should be, but ${lowerFirst(title)}`,
    why: lowerFirst(text.replace(/\.$/, '')),
    fix,
    exit: exitCodes.policy,
  })
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}

async function appliedDocument(context: Context, stack: string): Promise<StackDocument> {
  const state = stateFromSnapshot(await context.withClient((client) => client.snapshot()))
  const found = state.stacks.get(stack)
  if (found) return found.document
  const guess = nearest(stack, state.stacks.keys())
  throw new Fault({
    what: `no stack ${stack} is applied`,
    fix: guess === undefined ? 'gantry status lists the stacks' : `did you mean ${guess}?`,
  })
}

async function documentOf(context: Context, stack: string, args: RunArgs): Promise<StackDocument | null> {
  const { file, input, inputsFile } = args
  const program = await compileProgram(context, {
    file,
    input,
    inputsFile,
    as: stack,
    verbose: false,
    json: false,
  })
  return program?.compiled.document ?? null
}

function requireJob({ stack, jobs, services, crons }: StackDocument, name: string): JobSpec {
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined
  const byHand = Object.keys(jobs).filter((each) => jobs[each]?.trigger === 'run')
  const known =
    byHand.length === 0 ? 'no job of it runs by hand' : `jobs that run by hand: ${byHand.join(', ')}`
  if (!job) {
    const kind = Object.hasOwn(services, name) ? 'a service' : Object.hasOwn(crons, name) ? 'a cron' : null
    const guess = nearest(name, byHand)
    throw new Fault({
      what: kind === null ? `${stack} has no job ${name}` : `${stack}/${name} is ${kind}, not a job`,
      why: known,
      ...(guess === undefined ? {} : { fix: `did you mean ${stack}/${guess}?` }),
    })
  }
  if (job.trigger !== 'run')
    throw new Fault({
      what: `${stack}/${name} is not started by hand`,
      why:
        job.trigger === 'apply'
          ? 'it runs with the apply that brings it'
          : 'it runs before the rollouts of a service',
      fix: known,
    })
  return job
}
