// Ingresses: routes from outside to ports of services. Invariant: a request for a host and a path has one route in all
// ingresses of a stack: the longest prefix counts, and no prefix of a host is declared twice.

import { domainToASCII } from 'node:url'
import type { IngressSpec } from '../../model/index.ts'
import { isReference, textIn } from '../sandbox/opened.ts'
import type { Declared, Encoded, Reference } from '../sandbox/opened.ts'
import { unknownPort } from '../words.ts'
import { cleanPath } from './mounts.ts'
import { Reader } from './reader.ts'
import type { Where } from './report.ts'
import { openDeclaration } from './scope.ts'
import type { Declaration, Scope } from './scope.ts'

type Route = IngressSpec['routes'][string]

export function readIngress(scope: Scope, declared: Declared): IngressSpec | undefined {
  const declaration = openDeclaration(scope, declared)
  if (!declaration) return undefined
  const { reader, fields, name } = declaration
  const { sources } = scope
  const keys = ['ingresses', name]
  sources.written(keys, reader.where)
  if (fields.has('host')) sources.written([...keys, 'hosts'], reader.at(['1', 'host']))
  for (const field of ['tls', 'redirect'])
    if (fields.has(field)) sources.written([...keys, field], reader.at(['1', field]))
  const hosts = readHosts(declaration)
  const routes = readRoutes(scope, declaration)
  const tls = sources.orDefault(
    [...keys, 'tls'],
    reader.oneOf(fields.get('tls'), ['1', 'tls'], ['auto', 'internal', 'off'] as const),
    'auto',
  )
  const redirect = reader.boolean(fields.get('redirect'), ['1', 'redirect'])
  if (tls === 'off' && redirect === true) {
    const span = reader.report.spanOf(reader.at(['1', 'tls']))
    reader.refuse(['1', 'redirect'], {
      code: 'GT2184',
      summary: `${reader.subject} would send plain HTTP to HTTPS, which is off`,
      ...(span ? { related: [{ span, label: 'there is no HTTPS' }] } : {}),
    })
  }
  if (!hosts || !routes) return undefined
  return { hosts, routes, tls, redirect: sources.orDefault([...keys, 'redirect'], redirect, tls !== 'off') }
}

function readHosts({ reader, fields }: Declaration): string[] | undefined {
  const path = ['1', 'host']
  const value = reader.require(fields, 'host', ['1'])
  if (value === undefined) return undefined
  if (typeof value === 'string') {
    const host = readHost(reader, value, path)
    return host === undefined ? undefined : [host]
  }
  const hosts = (reader.list(value, path) ?? []).map((each, index) => {
    const at = [...path, String(index)]
    const text = reader.string(each, at)
    return text === undefined ? undefined : readHost(reader, text, at)
  })
  if (Array.isArray(value) && hosts.length === 0)
    reader.refuse(path, { code: 'GT2181', summary: `${reader.subject} has no host` })
  const valid = hosts.filter((each) => each !== undefined)
  return valid.length === hosts.length && valid.length > 0 ? valid : undefined
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function readHost(reader: Reader, host: string, path: readonly string[]): string | undefined {
  const problem = hostProblem(host)
  if (problem === undefined) return host
  reader.refuse(path, {
    code: 'GT2181',
    summary: `'${host}' cannot be the host of ${reader.subject}`,
    ...(problem === '' ? {} : { label: problem }),
  })
  return undefined
}

/** What to do about it, empty when there is nothing to say; undefined for a good one. */
function hostProblem(host: string): string | undefined {
  const labels = host.split('.')
  const names = labels[0] === '*' ? labels.slice(1) : labels
  if (/^[a-z]+:\/\//i.test(host)) return 'a name alone, without scheme and path'
  if (host.includes('/')) return 'a name alone; paths go into routes'
  if (/:\d*$/.test(host)) return 'a name alone, without a port'
  if (names.includes('*')) return "'*' is the first label or none"
  if (/[^\0-\x7f]/.test(host)) {
    const ascii = domainToASCII(host)
    return ascii === '' ? '' : `write '${ascii}'`
  }
  if (host !== host.toLowerCase()) return `write '${host.toLowerCase()}'`
  if (host.endsWith('.')) return `write '${host.slice(0, -1)}'`
  if (/^\d+$/.test(labels.at(-1) ?? '')) return 'an address is not a name'
  return names.length > 0 && host.length <= 253 && names.every((each) => label.test(each)) ? undefined : ''
}

function readRoutes(scope: Scope, { reader, fields, name }: Declaration): Record<string, Route> | undefined {
  const path = ['1', 'routes']
  const value = reader.require(fields, 'routes', ['1'])
  const given = reader.record(value, path)
  if (!given) return undefined
  if (given.size === 0)
    reader.refuse(path, {
      code: 'GT2183',
      summary: `${reader.subject} routes nothing`,
      label: "such as { '/': web.ports.http }",
    })
  const entries = [...given].flatMap(([prefix, each]): [string, Route][] => {
    const at = [...path, prefix]
    scope.sources.written(['ingresses', name, 'routes', prefix], reader.at(at))
    const problem = prefixProblem(prefix)
    if (problem) reader.refuse(at, { code: 'GT2183', ...problem }, 'name')
    const route = readRoute(scope, reader, each, at)
    return route && !problem ? [[prefix, route]] : []
  })
  return entries.length === given.size && given.size > 0 ? Object.fromEntries(entries) : undefined
}

function prefixProblem(prefix: string): { summary: string; label?: string } | undefined {
  const summary = `'${prefix}' cannot be the path of a route`
  if (prefix === '/') return undefined
  if (!prefix.startsWith('/')) return { summary, label: "begins with '/'" }
  if (/[?#]/.test(prefix)) return { summary, label: 'a path alone, without a query' }
  if (prefix.includes('*')) return { summary, label: 'every route is a prefix already' }
  if (/[\s\0-\x1f\x7f\\]/.test(prefix)) return { summary, label: 'it has a character that no path has' }
  const clean = cleanPath(prefix.replaceAll(/\/{2,}/g, '/'))
  return clean === prefix ? undefined : { summary, label: `write '${clean}'` }
}

function readRoute(scope: Scope, reader: Reader, value: Encoded, path: readonly string[]): Route | undefined {
  if (!isReference(value) || value.$ !== 'route') {
    const port = readTarget(scope, reader, value, path)
    return port && { ...port, stripPrefix: false }
  }
  const { values, calls } = scope.references.made(value)
  const inner = new Reader(reader.report, reader.references, { word: 'route', subject: 'route()', calls })
  const fields = inner.fields(values['options'], ['1'])
  const stripPrefix = inner.boolean(fields?.get('stripPrefix'), ['1', 'stripPrefix']) ?? false
  const port = readTarget(scope, inner, values['to'] ?? null, ['0'])
  return port && fields ? { ...port, stripPrefix } : undefined
}

/** An http or grpc port of a service of this stack. */
function readTarget(
  scope: Scope,
  reader: Reader,
  value: Encoded,
  path: readonly string[],
): { readonly service: string; readonly port: string } | undefined {
  const reference = reader.reference(value, path, 'port')
  if (!reference) return undefined
  const service = scope.references.nameOf(reference)
  const port = textIn(reference, 'name')
  const ports = scope.references.portsOf(reference)
  const declared = ports.get(port)
  if (declared === undefined) {
    reader.refuse(path, unknownPort(port, { service, ports: [...ports.keys()] }))
    return undefined
  }
  const protocol = protocolOf(scope, declared)
  if (protocol === undefined) return undefined // refused where it is declared
  if (protocol === 'http' || protocol === 'grpc') return { service, port }
  reader.refuse(path, {
    code: 'GT1004',
    summary: `${reader.subject} takes an http or grpc port`,
    label: `port '${port}' of service '${service}' is ${protocol}(…)`,
  })
  return undefined
}

function protocolOf(scope: Scope, declared: Encoded): string | undefined {
  const reference: Reference | undefined = isReference(declared) ? declared : undefined
  const protocol = reference?.$ === 'listen' ? scope.references.made(reference).values['protocol'] : undefined
  return typeof protocol === 'string' ? protocol : undefined
}

/** A host and a prefix lead to one place in all ingresses. */
export function checkRoutes(
  scope: Scope,
  ingresses: Readonly<Record<string, IngressSpec>>,
  declaredOf: (name: string) => Declared | undefined,
): void {
  const taken = new Map<string, { readonly name: string; readonly where: Where }>()
  for (const [name, { hosts, routes }] of Object.entries(ingresses)) {
    const declared = declaredOf(name)
    if (!declared) continue
    const { calls } = declared
    const twice = hosts.find((host, index) => hosts.indexOf(host) < index)
    if (twice !== undefined) {
      const where: Where = { calls, path: ['1', 'host', String(hosts.lastIndexOf(twice))] }
      const span = scope.report.spanOf({ calls, path: ['1', 'host', String(hosts.indexOf(twice))] })
      scope.report.refuse(where, {
        code: 'GT2182',
        summary: `ingress '${name}' has the host '${twice}' twice`,
        ...(span ? { related: [{ span, label: 'named first here' }] } : {}),
      })
      continue
    }
    for (const prefix of Object.keys(routes))
      for (const host of hosts) {
        const where: Where = { calls, path: ['1', 'routes', prefix] }
        const other = taken.get(`${host}${prefix}`)
        if (!other) {
          taken.set(`${host}${prefix}`, { name, where })
          continue
        }
        const span = scope.report.spanOf(other.where, 'name')
        scope.report.refuse(
          where,
          {
            code: 'GT2182',
            summary: `'${other.name}' and '${name}' both route '${host}${prefix}'`,
            ...(span ? { related: [{ span, label: `routed by '${other.name}'` }] } : {}),
          },
          'name',
        )
        break
      }
  }
}
