// Messages that more than one stage has to say: the checker when it sees the mistake in the types, the rules when they
// see it in what was evaluated. Invariant: the same mistake has the same code and the same words, whoever finds it.

import { nearest } from '../model/values.ts'
import type { Span } from '../model/index.ts'
import type { Code } from './codes.ts'
import { listNames, meantFields } from './suggest.ts'

/** A diagnostic without its place. */
export interface Words {
  readonly code: Code
  readonly summary: string
  readonly label?: string
  readonly notes?: readonly string[]
  readonly fix?: string
  readonly related?: readonly { readonly span: Span; readonly label: string }[]
}

/** `subject` is what it is a field of: "service 'api'"; `within` the fields around it. */
export function unknownField(
  subject: string,
  name: string,
  within: readonly string[],
  known: readonly string[],
): Words {
  const meant = meantFields(name, known)
  return {
    code: 'GT1002',
    summary: `${ownerOf(subject, within)} has no field '${name}'`,
    ...(meant.length > 0
      ? { label: `did you mean ${listNames(meant)}?` }
      : known.length > 0
        ? { notes: [`its fields are ${listNames(known, Infinity).replace(/ or (?=[^ ]+$)/, ' and ')}`] }
        : {}),
  }
}

export function missingField(subject: string, name: string, within: readonly string[], takes: string): Words {
  return {
    code: 'GT1003',
    summary: `${ownerOf(subject, within)} has no ${name}`,
    label: `${name} takes ${takes}`,
  }
}

/** `found` is what stands there instead, in words. */
export function wrongValue(subject: string, field: readonly string[], takes: string, found: string): Words {
  return { code: 'GT1004', summary: `${ownerOf(subject, field)} takes ${takes}`, label: `this is ${found}` }
}

/** `replicas of service 'api'`, `health port of service 'api'`, `memory of the sidecar 'proxy' of service 'api'`. */
function ownerOf(subject: string, within: readonly string[]): string {
  const { owner, fields } = membersIn(subject, within)
  return fields.length === 0 ? owner : `${fields.join(' ')} of ${owner}`
}

/** The innermost field alone: `port of service 'api'`. */
export function fieldOf(subject: string, within: readonly string[]): string {
  const { owner, fields } = membersIn(subject, within)
  return fields.length === 0 ? owner : `${fields.at(-1) ?? ''} of ${owner}`
}

/** Members of records are data of the program, not fields: they are quoted. Places in lists are not told. */
function membersIn(subject: string, within: readonly string[]): { owner: string; fields: readonly string[] } {
  let owner = subject
  let fields: string[] = []
  for (const key of within) {
    if (isPlace(key)) continue
    const noun = nouns.get(fields.at(-1) ?? '')
    if (noun === undefined) fields.push(key)
    else {
      owner = `the ${noun} '${key}' of ${owner}`
      fields = []
    }
  }
  return { owner, fields }
}

function isPlace(key: string): boolean {
  return /^\d+$/.test(key)
}

/** What a member is called, by the field that holds it. */
const nouns: ReadonlyMap<string, string> = new Map(
  Object.entries({
    env: 'variable',
    labels: 'label',
    mounts: 'mount',
    configs: 'config',
    ports: 'port',
    args: 'argument',
    ulimits: 'limit',
    sysctls: 'setting',
    sidecars: 'sidecar',
    initContainers: 'init container',
    options: 'option',
    values: 'value',
    routes: 'route',
    parameters: 'parameter',
  }),
)

export function unknownPort(
  name: string,
  { service, ports, related }: { service: string; ports: readonly string[]; related?: Words['related'] },
): Words {
  const guess = nearest(name, ports)
  return {
    code: 'GT2001',
    summary:
      ports.length === 0
        ? `service '${service}' has no port '${name}': it declares none`
        : `service '${service}' has no port '${name}' (ports: ${ports.join(', ')})`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
    ...(related ? { related } : {}),
  }
}

/** A handle where text is needed; `what` is "secret 'token'". */
export function wouldBeText({ what, isSecret }: { what: string; isSecret: boolean }): Words {
  return isSecret
    ? {
        code: 'GT1201',
        summary: `${what} would become plain text`,
        label: 'use text`…` or .file',
        notes: ['a secret has no text while the plan is made; its value never enters the plan'],
      }
    : {
        code: 'GT1202',
        summary: `${what} would become plain text`,
        label: 'use text`…`',
        notes: ['it has no text while the plan is made; it is put together where the task runs'],
      }
}

export function singleWriterReplicas(subject: string): Words {
  return {
    code: 'GT2103',
    summary: `${subject}: a 'single-writer' volume allows one replica`,
    fix: "access: 'shared' on the volume, if several tasks may write it at once",
  }
}

/** `what` follows the volume: "allows one task at a time". */
export function singleWriterTasks(subject: string, what: string): Words {
  return {
    code: 'GT2103',
    summary: `${subject}: a 'single-writer' volume ${what}`,
    fix: "access: 'shared' on the volume, if several tasks may write it at once",
  }
}

export function singleWriterOrder(subject: string): Words {
  return {
    code: 'GT2104',
    summary: `${subject}: a 'single-writer' volume forbids start-first`,
    label: 'the old and the new task would both write it',
    fix: "leave order out, or write 'stop-first'",
  }
}

export function singleWriterFence(subject: string): Words {
  return {
    code: 'GT2128',
    summary: `${subject}: a 'single-writer' volume needs onLost: 'fence'`,
    label: 'a lost node may still write it',
    fix: "write onLost: 'fence', or access: 'shared' on the volume",
  }
}
