// From what a program declared to the stack document. Invariant: a document comes out only when nothing was refused, and
// then it passes the schema: what the schema would refuse and a rule has not is a bug of ours.

import { assert, stackDocument } from '../../model/index.ts'
import type {
  Diagnostic,
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
import type { BuildFolders } from './image.ts'
import { References } from './references.ts'
import { Report } from './report.ts'
import type { RuleMistake } from './report.ts'
import { checkName, checkPublished, checkWriters } from './rules.ts'
import type { Scope } from './scope.ts'
import { readJob, readService } from './service.ts'
import { SourceRecorder } from './sources.ts'
import { readSecret, readVolume } from './storage.ts'
import { isTemplate } from './template.ts'

export interface LowerRequest {
  readonly stack: string
  readonly inputs: InputValues
  readonly evaluated: Evaluated
  readonly places: Places
  readonly folders: BuildFolders
  readonly files: Sources['files']
  /** Whether the document will be used: false in `check`, which needs neither its sources nor the proof that it fits. */
  readonly isWhole: boolean
}

export interface Lowered {
  /** Undefined when there are mistakes. */
  readonly document: StackDocument | undefined
  readonly sources: Sources
  readonly mistakes: readonly RuleMistake[]
  readonly warnings: readonly Diagnostic[]
}

export async function lowerStack(request: LowerRequest): Promise<Lowered> {
  const { evaluated, places } = request
  const report = new Report(places, undefined)
  const scope: Scope = {
    report,
    references: new References(evaluated),
    places,
    sources: new SourceRecorder(report, request.isWhole),
    folders: request.folders,
    configs: new Map(),
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
        const spec = read(each)
        return spec === undefined ? [] : [[each.name, spec]]
      }),
    )
  const secrets = of<SecretSpec>('secret', 'secrets', (each) => readSecret(scope, each))
  const volumes = of<VolumeSpec>('volume', 'volumes', (each) => readVolume(scope, each))
  const singleWriters = new Set(
    Object.keys(volumes).filter((name) => volumes[name]?.access === 'single-writer'),
  )
  const jobs = of<JobSpec>('job', 'jobs', (each) => readJob(scope, each))
  const services = of<ServiceSpec>('service', 'services', (each) => readService(scope, each, singleWriters))
  const document: StackDocument = {
    format: 1,
    stack: request.stack,
    inputs: request.inputs,
    services,
    jobs,
    volumes,
    secrets,
    crons: {},
    configs: {},
    ingresses: {},
    outputs: {},
    acknowledged: [],
  }
  checkPublished(scope, document, declarations)
  checkWriters(scope, document, declarations)
  const mistakes = report.found()
  if (mistakes.length === 0 && request.isWhole) assertFits(document)
  return {
    document: mistakes.length === 0 ? document : undefined,
    sources: scope.sources.sources(request.files),
    mistakes,
    warnings: report.warnings,
  }
}

function assertFits(document: StackDocument): void {
  const parsed = stackDocument.safeParse(document)
  assert(parsed.success, () => `the document does not pass its schema: ${parsed.error?.message ?? ''}`)
}
