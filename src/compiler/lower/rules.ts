// Rules that concern more than one declaration. Invariant: each looks at the whole stack and names both sides.

import { isName, nameRule } from '../../model/index.ts'
import type { StackDocument } from '../../model/index.ts'
import type { Declared } from '../sandbox/opened.ts'
import type { Scope } from './scope.ts'
import type { Where } from './report.ts'

/** Where each declaration of the document comes from. */
export type Declarations = ReadonlyMap<string, Declared>

/** Services, jobs and crons share their names, because all are addresses and host names. */
export function spaceOf(kind: Declared['kind']): string {
  switch (kind) {
    case 'service':
    case 'job':
    case 'cron':
      return 'task'
    case 'volume':
    case 'secret':
    case 'config':
    case 'ingress':
      return kind
  }
}

/** Whether the declaration has a name, and one that nothing else of its kind has. */
export function checkName(scope: Scope, declared: Declared, earlier: Map<string, Declared>): boolean {
  const { kind, name, calls } = declared
  const where: Where = { calls, path: ['0'] }
  if (typeof name !== 'string') {
    scope.report.refuse(where, {
      code: 'GT1004',
      summary: `a ${kind} takes a name`,
      label: 'this is not a string',
    })
    return false
  }
  if (!isName(name)) {
    const better = toName(name)
    scope.report.refuse(where, {
      code: 'GT2004',
      summary: `'${name}' cannot be the name of a ${kind}`,
      ...(better === undefined ? {} : { label: `write '${better}'` }),
      notes: [`a name is ${nameRule}`],
    })
    return false
  }
  const key = `${spaceOf(kind)}:${name}`
  const first = earlier.get(key)
  if (!first) {
    earlier.set(key, declared)
    return true
  }
  const span = scope.report.spanOf({ calls: first.calls, path: ['0'] })
  const notes = [
    ...(first.kind === kind
      ? []
      : ['services, jobs and crons share their names: all are addresses in the stack']),
    ...[first, declared].flatMap(({ input }) =>
      input === undefined || input === name ? [] : [`the input '${input}' is the secret '${name}'`],
    ),
  ]
  const isSameCall = first.calls.at(-1) === calls.at(-1)
  const both =
    first.kind === kind
      ? `two ${kind === 'ingress' ? 'ingresses' : `${kind}s`}`
      : `a ${first.kind} and a ${kind}`
  scope.report.refuse(where, {
    code: 'GT2003',
    summary: `there are ${both} named '${name}'`,
    label: isSameCall ? 'declared again by the same call' : 'declared again',
    ...(span && !isSameCall ? { related: [{ span, label: 'declared first here' }] } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  })
  return false
}

/** The name that was probably meant: `Web_Front` → `web-front`. */
export function toName(text: string): string | undefined {
  const better = text
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[-0-9]+|-+$/g, '')
  return isName(better) && better !== text ? better : undefined
}

interface Held {
  readonly service: string
  readonly port: string
  readonly field: 'published' | 'hostPort'
  readonly number: number
  readonly where: Where
}

/** No two ports of the stack are the same port of a host: not by publishing them, nor as the port of the task's host. */
export function checkPublished(scope: Scope, document: StackDocument, declarations: Declarations): void {
  const taken = new Map<string, Held>()
  const verbs = { published: 'published', hostPort: 'a host port' }
  for (const held of portsOfHosts(document, declarations)) {
    const protocol = document.services[held.service]?.template.ports[held.port]?.protocol
    // A number of udp is not the same port as that number of tcp.
    const key = `${protocol === 'udp' ? 'udp' : 'tcp'} ${held.number}`
    const other = taken.get(key)
    if (!other) {
      taken.set(key, held)
      continue
    }
    const span = scope.report.spanOf(other.where)
    const how = other.field === held.field ? `${verbs[held.field]} twice` : 'both published and a host port'
    const who =
      other.service === held.service
        ? `by '${other.port}' and by '${held.port}' of '${held.service}'`
        : `by '${other.service}' and by '${held.service}'`
    scope.report.refuse(held.where, {
      code: 'GT2101',
      summary: `port ${held.number} is ${how}: ${who}`,
      ...(span
        ? {
            related: [
              { span, label: `${other.field === 'published' ? 'published' : 'a host port'} first here` },
            ],
          }
        : {}),
    })
  }
}

function portsOfHosts(document: StackDocument, declarations: Declarations): Held[] {
  return Object.entries(document.services).flatMap(([service, { template }]) =>
    Object.entries(template.ports).flatMap(([port, ports]) =>
      (['published', 'hostPort'] as const).flatMap((field): Held[] => {
        const number = ports[field]
        const declared = declarations.get(`services/${service}`)
        if (number === undefined || !declared) return []
        return [
          { service, port, field, number, where: { calls: declared.calls, path: ['1', 'ports', port] } },
        ]
      }),
    ),
  )
}
