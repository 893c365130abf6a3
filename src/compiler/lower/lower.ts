// From what a program declared to the stack document. Invariant: a document comes out only when nothing was refused, and
// then it passes the schema: what the schema would refuse and a rule has not is a bug of ours.

import { assert, stackDocument } from '../../model/index.ts'
import type {
  ConfigSpec,
  CronSpec,
  Diagnostic,
  IngressSpec,
  JobSpec,
  SecretSpec,
  ServiceSpec,
  Sources,
  StackDocument,
  VolumeSpec,
} from '../../model/index.ts'
import type { InputValues } from '../inputs.ts'
import type { Declared, Evaluated } from '../sandbox/opened.ts'
import type { Places } from '../sites.ts'
import { addressOf, judgeWarnings } from './acknowledged.ts'
import { readConfig } from './config.ts'
import type { ConfigFiles } from './config-files.ts'
import { checkHooks } from './hooks.ts'
import type { BuildFolders } from './image.ts'
import { checkIngresses } from './ingress-rules.ts'
import { checkRoutes, readIngress } from './ingress.ts'
import { readCron, readJob, withTriggers } from './jobs.ts'
import { checkReferredStacks, readOutputs } from './outputs.ts'
import { References } from './references.ts'
import { Report } from './report.ts'
import type { RuleMistake, Warning } from './report.ts'
import { checkName, checkPublished } from './rules.ts'
import type { Scope } from './scope.ts'
import { readService } from './service.ts'
import { SourceRecorder } from './sources.ts'
import { readSecret, readVolume } from './storage.ts'
import { isTemplate } from './template.ts'
import { warnOfUnused } from './unused.ts'
import { checkVolumes } from './volume-rules.ts'

export interface LowerRequest {
  readonly stack: string
  readonly inputs: InputValues
  readonly evaluated: Evaluated
  readonly places: Places
  readonly folders: BuildFolders
  readonly texts: ConfigFiles
  readonly files: Sources['files']
  /** Whether the document will be used: false in `check`, which needs neither its sources nor the proof that it fits. */
  readonly isWhole: boolean
}

export interface Lowered {
  /** Undefined when there are mistakes. */
  readonly document: StackDocument | undefined
  readonly sources: Sources
  readonly mistakes: readonly RuleMistake[]
  /** Those that the program does not answer for. */
  readonly warnings: readonly Warning[]
  /** Acknowledgements of warnings that are not given: with these inputs, which may be right with others. */
  readonly unused: readonly Diagnostic[]
  /** Calls whose templates were read, and so judged. */
  readonly templates: ReadonlySet<number>
}

export async function lowerStack(request: LowerRequest): Promise<Lowered> {
  const { evaluated, places } = request
  const stackCall = places.wordOf(evaluated.stackCalls)
  const report = new Report(places, stackCall === undefined ? undefined : places.calleeSpan(stackCall))
  const scope: Scope = {
    report,
    references: new References(evaluated),
    places,
    sources: new SourceRecorder(report, request.isWhole),
    folders: request.folders,
    texts: request.texts,
    configs: new Map(),
    templates: new Set(),
    grammar: evaluated.made.some(isTemplate) ? await import('../../../grammar/index.ts') : null,
  }
  const declarations = new Map<string, Declared>()
  const earlier = new Map<string, Declared>()
  const named = evaluated.declared.filter((each) => checkName(scope, each, earlier))
  const of = <Spec>(kind: Declared['kind'], group: string, read: (each: Declared) => Spec | undefined) =>
    Object.fromEntries(
      named.flatMap((each): [string, Spec][] => {
        if (each.kind !== kind || typeof each.name !== 'string') return []
        declarations.set(`${group}/${each.name}`, each)
        report.about = addressOf(request.stack, each)
        report.subject = `${each.kind} '${each.name}'`
        const spec = read(each)
        return spec === undefined ? [] : [[each.name, spec]]
      }),
    )
  const secrets = of<SecretSpec>('secret', 'secrets', (each) => readSecret(scope, each))
  const configs = of<ConfigSpec>('config', 'configs', (each) => readConfig(scope, each))
  for (const [name, spec] of Object.entries(configs)) scope.configs.set(name, spec)
  const volumes = of<VolumeSpec>('volume', 'volumes', (each) => readVolume(scope, each))
  const jobs = of<JobSpec>('job', 'jobs', (each) => readJob(scope, each))
  const services = of<ServiceSpec>('service', 'services', (each) => readService(scope, each))
  const crons = of<CronSpec>('cron', 'crons', (each) => readCron(scope, each))
  const ingresses = of<IngressSpec>('ingress', 'ingresses', (each) => readIngress(scope, each))
  report.about = undefined
  report.subject = undefined
  const declared: StackDocument = {
    format: 1,
    stack: request.stack,
    inputs: request.inputs,
    services,
    jobs: withTriggers(jobs, services),
    crons,
    volumes,
    secrets,
    configs,
    ingresses,
    outputs: readOutputs(scope, evaluated),
    acknowledged: [],
  }
  checkPublished(scope, declared, declarations)
  checkHooks(scope, declared, declarations)
  checkRoutes(scope, ingresses, (name) => declarations.get(`ingresses/${name}`))
  checkIngresses(scope, declared, declarations, request)
  checkReferredStacks(scope, evaluated, request.stack)
  checkVolumes(scope, declared, declarations)
  warnOfUnused(scope, request.stack, evaluated, declarations)
  const { acknowledged, warnings, unused } = judgeWarnings(scope, evaluated.acknowledged, {
    stack: request.stack,
    warnings: report.warnings,
  })
  const document: StackDocument = { ...declared, acknowledged: [...acknowledged] }
  const mistakes = report.found()
  if (mistakes.length === 0 && request.isWhole) assertFits(document)
  return {
    document: mistakes.length === 0 ? document : undefined,
    sources: scope.sources.sources({ ...request.files, ...request.texts.digests() }),
    mistakes,
    warnings,
    unused,
    templates: scope.templates,
  }
}

function assertFits(document: StackDocument): void {
  const parsed = stackDocument.safeParse(document)
  assert(parsed.success, () => `the document does not pass its schema: ${parsed.error?.message ?? ''}`)
}
