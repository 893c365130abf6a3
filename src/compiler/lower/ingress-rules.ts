// What ingresses are to the rest of the stack: certificates that can be had, services that answer. Invariant: what tls
// 'auto' promises can be kept, and a host is served in one way by all ingresses.

import type { StackDocument } from '../../model/index.ts'
import type { InputValues } from '../inputs.ts'
import { isList, isObject, isReference } from '../sandbox/opened.ts'
import type { Declared } from '../sandbox/opened.ts'
import { addressOf } from './acknowledged.ts'
import { isWithoutTasks } from './hooks.ts'
import type { Where } from './report.ts'
import type { Declarations } from './rules.ts'
import type { Scope } from './scope.ts'

/** Texts that inputs may be given instead of: `check` takes one where there is no default, which is no host of anybody. */
export interface Tried {
  readonly inputs: InputValues
  readonly isWhole: boolean
}

export function checkIngresses(
  scope: Scope,
  document: StackDocument,
  declarations: Declarations,
  tried: Tried,
): void {
  checkCertificates(scope, document, declarations, tried)
  checkOneTls(scope, document, declarations)
  warnOfNoTasks(scope, document, declarations)
}

/** Public authorities ask the host that a name stands for. */
function checkCertificates(
  scope: Scope,
  { ingresses }: StackDocument,
  declarations: Declarations,
  { inputs, isWhole }: Tried,
): void {
  const given = new Set(Object.values(inputs))
  for (const [name, { hosts, tls }] of Object.entries(ingresses)) {
    const declared = declarations.get(`ingresses/${name}`)
    if (tls !== 'auto' || !declared) continue
    for (const [index, host] of hosts.entries()) {
      const problem = certificateProblem(host)
      if (problem === undefined || (!isWhole && given.has(host))) continue
      const span = isWritten(declared, 'tls')
        ? scope.report.spanOf({ calls: declared.calls, path: ['1', 'tls'] })
        : undefined
      scope.report.refuse(hostAt(declared, index), {
        code: 'GT2185',
        summary: `no public certificate can be had for '${host}' of ingress '${name}'`,
        label: problem,
        ...(span
          ? { related: [{ span, label: 'public certificates' }] }
          : { notes: ["tls is 'auto' by default: public certificates by ACME"] }),
        fix: "tls: 'internal'",
      })
    }
  }
}

function certificateProblem(host: string): string | undefined {
  if (host.startsWith('*.')) return 'it stands for many hosts, and each is asked for its own'
  if (!host.includes('.') || /\.(?:localhost|local|internal)$/.test(host)) return 'it is not a public name'
  return undefined
}

function checkOneTls(scope: Scope, { ingresses }: StackDocument, declarations: Declarations): void {
  const first = new Map<string, { readonly name: string; readonly tls: string; readonly where: Where }>()
  for (const [name, { hosts, tls }] of Object.entries(ingresses)) {
    const declared = declarations.get(`ingresses/${name}`)
    if (!declared) continue
    for (const [index, host] of hosts.entries()) {
      const where = isWritten(declared, 'tls')
        ? { calls: declared.calls, path: ['1', 'tls'] }
        : hostAt(declared, index)
      const other = first.get(host)
      if (!other) first.set(host, { name, tls, where })
      else if (other.tls !== tls) {
        const span = scope.report.spanOf(other.where)
        scope.report.refuse(where, {
          code: 'GT2186',
          summary: `'${other.name}' and '${name}' both serve '${host}', with tls '${other.tls}' and '${tls}'`,
          ...(span ? { related: [{ span, label: `tls '${other.tls}'` }] } : {}),
        })
        break
      }
    }
  }
}

function warnOfNoTasks(
  { report }: Scope,
  { stack, ingresses, services }: StackDocument,
  declarations: Declarations,
): void {
  for (const [name, { routes }] of Object.entries(ingresses)) {
    const declared = declarations.get(`ingresses/${name}`)
    if (!declared) continue
    for (const [prefix, { service }] of Object.entries(routes)) {
      const to = services[service]
      if (!to || !isWithoutTasks(to)) continue
      const other = declarations.get(`services/${service}`)
      const span = other && report.spanOf({ calls: other.calls, path: ['1', 'replicas'] })
      report.about = addressOf(stack, declared)
      report.warn(
        { calls: declared.calls, path: ['1', 'routes', prefix] },
        {
          code: 'GT4027',
          summary: `ingress '${name}' routes '${prefix}' to service '${service}', which has no replicas`,
          label: 'nothing answers',
          ...(span ? { related: [{ span, label: 'none of them' }] } : {}),
          fix: "leave the route out, or acknowledge it: ack('GT4027', 'why')",
        },
      )
    }
  }
  report.about = undefined
}

function isWritten({ options }: Declared, field: string): boolean {
  return isObject(options) && !isReference(options) && options[field] !== undefined
}

function hostAt({ options, calls }: Declared, index: number): Where {
  const host = isObject(options) && !isReference(options) ? options['host'] : undefined
  return { calls, path: ['1', 'host', ...(host !== undefined && isList(host) ? [String(index)] : [])] }
}
