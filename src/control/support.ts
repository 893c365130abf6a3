// What a document asks for that this version of the control plane cannot carry out, refused by name. The rules are data:
// which part of the document, and what of it is refused. Invariant: every part of the schema is carried out, noticed
// (notices.ts) or refused (support.test.ts walks it); nothing is dropped in silence. Whether the document holds together is validate.ts's.

import {
  canonicalJson,
  configAddress,
  defaultPriority,
  defaultReschedule,
  documentPath,
  ingressAddress,
  secretAddress,
  serviceAddress,
  volumeAddress,
  volumeSpec,
} from '../model/index.ts'
import type { StackDocument } from '../model/index.ts'
import { supportCodes } from './support-codes.ts'
import type { SupportCode } from './support-codes.ts'
import type { Refusal } from './validate.ts'

interface Rule {
  readonly code: SupportCode
  /** Keys below the document, `*` for any. */
  readonly path: readonly string[]
  /** After the address: "scales by itself". */
  readonly says: string
  /** Values that are carried out all the same. Absent: none. */
  readonly except?: readonly unknown[]
  /** Refused only if; absent: always. */
  readonly when?: (value: unknown) => boolean
}

const isPublishedUdp = (port: unknown) =>
  typeof port === 'object' &&
  port !== null &&
  'protocol' in port &&
  port.protocol === 'udp' &&
  'published' in port

/** Memory is each task's own, so that its access keeps itself. */
const isUnkept = (volume: unknown) => {
  const { access, driver } = volumeSpec.parse(volume)
  return driver.kind !== 'tmpfs' && access !== 'single-writer' && access !== 'shared'
}

/** Rules of the services and of the jobs alike. */
const ofBoth = (code: SupportCode, path: string, says: string, more: Partial<Rule> = {}): Rule[] =>
  ['services', 'jobs'].map((owners) => rule(code, `${owners}/*/${path}`, says, more))

function rule(code: SupportCode, path: string, says: string, more: Partial<Rule> = {}): Rule {
  return { code, path: path.split('/'), says, ...more }
}

/** Every rule; those of one code stand together. */
export const rules: readonly Rule[] = [
  ...ofBoth('GT6001', 'perNode', 'runs a task on each node'),
  rule('GT6002', 'services/*/scaling', 'scales by itself'),
  rule('GT6003', 'services/*/rollout/canary', 'rolls out in canary steps'),
  rule('GT6004', 'services/*/rollout/blueGreen', 'rolls out blue-green'),
  rule('GT6005', 'services/*/rollout/gate', 'has a gate between the batches of a rollout'),
  rule('GT6006', 'services/*/rollout/pauseMs', 'waits between the batches of a rollout'),
  rule('GT6007', 'services/*/rollout/before', 'runs a job before each rollout'),
  rule('GT6007', 'jobs/*/trigger', 'runs before the rollouts of a service', {
    when: (value) => value === 'rollout',
  }),
  rule('GT6009', 'services/*/reschedule', 'has a reschedule policy of its own', {
    except: [defaultReschedule],
  }),
  ...ofBoth('GT6010', 'priority', 'has a priority of its own', { except: [defaultPriority] }),
  ...ofBoth('GT6011', 'template/sidecars/*', 'has a sidecar'),
  ...ofBoth('GT6012', 'template/initContainers/*', 'has an init container'),
  ...ofBoth('GT6013', 'template/probes/startup', 'has a startup probe'),
  ...ofBoth('GT6013', 'template/probes/readiness', 'has a readiness probe'),
  ...ofBoth('GT6013', 'template/probes/liveness', 'has a liveness probe'),
  ...ofBoth('GT6015', 'template/ports/*', 'publishes a udp port', { when: isPublishedUdp }),
  ...ofBoth('GT6016', 'template/ports/*/hostPort', 'takes a port of its host'),
  ...ofBoth('GT6017', 'template/resources/gpus', 'needs GPUs'),
  ...ofBoth('GT6018', 'template/configs/*', 'mounts a config'),
  rule('GT6018', 'configs/*', 'is a config'),
  rule('GT6019', 'crons/*', 'is a cron'),
  rule('GT6020', 'jobs/*/trigger', 'runs when somebody asks for it', { when: (value) => value === 'run' }),
  rule('GT6020', 'jobs/*/parameters/*', 'has parameters'),
  rule('GT6021', 'jobs/*/completions', 'completes more than once', { except: [1] }),
  rule('GT6021', 'jobs/*/parallelism', 'runs several tasks at a time', { except: [1] }),
  rule('GT6021', 'jobs/*/indexed', 'numbers its completions'),
  rule('GT6022', 'jobs/*/deadlineMs', 'has a deadline'),
  rule('GT6023', 'jobs/*/exitCodes/retry', 'repeats tries with some exit codes for nothing', {
    except: [[]],
  }),
  rule('GT6025', 'volumes/*/driver', 'is not a folder of a node', {
    except: [{ kind: 'local' }, { kind: 'tmpfs' }],
  }),
  rule('GT6026', 'volumes/*', 'is of an access that nothing keeps', { when: isUnkept }),
  rule('GT6027', 'volumes/*/backup', 'is backed up'),
  rule('GT6028', 'secrets/*/onChange', 'does something when its value changes'),
  rule('GT6030', 'ingresses/*', 'is an ingress'),
  rule('GT6031', 'outputs/*', 'has an output'),
  ...ofBoth('GT6031', 'template/env/*/text/*/output', 'refers to an output of another stack'),
  ...ofBoth('GT6034', 'placement/near/*', 'is placed near or away from another service'),
  ...ofBoth('GT6038', 'template/restart/policy', 'is not always restarted', { except: ['always'] }),
]

/** Everything in the document that cannot be carried out yet, sorted by address and code; empty when all of it can. */
export function unsupported(document: StackDocument): Refusal[] {
  const found = rules
    .flatMap(({ code, path, says, except = [], when = () => true }) =>
      matches(document, path)
        .filter(
          ({ value }) => when(value) && !except.some((each) => canonicalJson(each) === canonicalJson(value)),
        )
        .map(({ keys }): Refusal => {
          const address = addressOf(document.stack, keys)
          return {
            address,
            code,
            path: documentPath(...keys),
            what: `${address} ${says}, which is not carried out yet`,
            fix: supportCodes[code].fix,
          }
        }),
    )
    .sort((a, b) => compare(a.address, b.address) || compare(a.code ?? '', b.code ?? ''))
  // Of several that say the same, such as five parameters of one job, the first stands for all.
  const firstOf = new Map(found.toReversed().map((each) => [each.what, each]))
  return found.filter((each) => firstOf.get(each.what) === each)
}

interface Match {
  readonly keys: readonly string[]
  readonly value: unknown
}

/** Every value of the document at a path. */
function matches(document: StackDocument, path: readonly string[]): Match[] {
  let found: Match[] = [{ keys: [], value: document }]
  for (const key of path)
    found = found.flatMap(({ keys, value }) => {
      if (typeof value !== 'object' || value === null) return []
      const entries = Object.entries(value).filter(([name]) => key === '*' || key === name)
      return entries.map(([name, inner]: [string, unknown]) => ({ keys: [...keys, name], value: inner }))
    })
  return found
}

function addressOf(stack: string, [table = '', name = '']: readonly string[]): string {
  switch (table) {
    case 'volumes':
      return volumeAddress(stack, name)
    case 'secrets':
      return secretAddress(stack, name)
    case 'configs':
      return configAddress(stack, name)
    case 'ingresses':
      return ingressAddress(stack, name)
    case 'outputs':
      return stack
    default:
      return serviceAddress(stack, name)
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
