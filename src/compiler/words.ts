// Messages that more than one stage has to say: the checker when it sees the mistake in the types, the rules when they
// see it in what was evaluated. Invariant: the same mistake has the same code and the same words, whoever finds it.

import { nearest } from '../model/index.ts'
import type { Span } from '../model/index.ts'
import type { Code } from './codes.ts'
import { listNames } from './suggest.ts'

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
  const guess = nearest(name, known)
  return {
    code: 'GT1002',
    summary: `${ownerOf(subject, within)} has no field '${name}'`,
    ...(guess !== undefined
      ? { label: `did you mean '${guess}'?` }
      : known.length > 0
        ? { notes: [`its fields are ${listNames(known, 30).replace(/ or (?=[^ ]+$)/, ' and ')}`] }
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
  let owner = subject
  let fields: string[] = []
  for (const [index, key] of within.entries()) {
    const field = within[index - 1] ?? ''
    // Members of records are data of the program, not fields: they are quoted. Places in lists are not told.
    const noun = isPlace(key) ? undefined : memberOf(field, fields)
    if (noun !== undefined) {
      owner = `the ${noun} '${key}' of ${owner}`
      fields = []
    } else if (!isPlace(key)) fields.push(key)
  }
  return fields.length === 0 ? owner : `${fields.join(' ')} of ${owner}`
}

function isPlace(key: string): boolean {
  return /^\d+$/.test(key)
}

function memberOf(field: string, fields: readonly string[]): string | undefined {
  return fields.at(-1) === field && Object.hasOwn(records, field) ? records[field] : undefined
}

/** What a member is called, by the field that holds it. */
const records: Readonly<Record<string, string>> = {
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
}

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

export function singleWriterOrder(subject: string): Words {
  return {
    code: 'GT2104',
    summary: `${subject}: a 'single-writer' volume forbids start-first`,
    label: 'the old and the new task would both write it',
    fix: "leave order out, or write 'stop-first'",
  }
}
