// How it is found out whether a task is healthy: one probe, or several that tell its states apart. Invariant: a probe
// asks exactly one thing, and of a port that the service declares and that can answer it.

import { nearest } from '../../model/index.ts'
import type { Port, Probe, TaskTemplate } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import { listNames } from '../suggest.ts'
import type { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

type Ports = Readonly<Record<string, Port>>

export function readHealth(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  ports: Ports,
): Probe | undefined {
  return readProbe(scope, reader, fields.get('health'), reader.path('health'), [...keys, 'health'], ports)
}

const states = ['startup', 'readiness', 'liveness'] as const

export function readProbes(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  ports: Ports,
): TaskTemplate['probes'] {
  const path = reader.path('probes')
  const given = reader.fields(fields.get('probes'), path)
  if (!given) return undefined
  if (fields.has('health')) {
    const span = reader.report.spanOf(reader.at(reader.path('health')), 'name')
    reader.refuse(
      path,
      {
        code: 'GT2127',
        summary: `${reader.subject} has both health and probes`,
        label: 'health is short for a readiness and a liveness probe of the same kind: choose one of the two',
        ...(span ? { related: [{ span, label: 'the other' }] } : {}),
      },
      'name',
    )
  }
  const probes = states.flatMap((state) => {
    const read = readProbe(
      scope,
      reader,
      given.get(state),
      [...path, state],
      [...keys, 'probes', state],
      ports,
    )
    return read ? [[state, read] as const] : []
  })
  return probes.length === 0 ? undefined : Object.fromEntries(probes)
}

function readProbe(
  scope: Scope,
  reader: Reader,
  value: Encoded | undefined,
  at: readonly string[],
  keys: DocumentKeys,
  ports: Ports,
): Probe | undefined {
  const given = reader.fields(value, at)
  if (!given) return undefined
  scope.sources.written(keys, reader.at(at))
  const check = readCheck(reader, given, at, ports)
  const intervalMs = reader.amount('time', given.get('every'), [...at, 'every'], {
    min: 100,
    atLeast: '100ms',
  })
  const timeoutMs = reader.amount('time', given.get('timeout'), [...at, 'timeout'], {
    min: 10,
    atLeast: '10ms',
  })
  const failures = reader.whole(given.get('failures'), [...at, 'failures'], { min: 1, max: 1000 })
  const { sources } = scope
  const probe = {
    intervalMs: sources.orDefault([...keys, 'intervalMs'], intervalMs, 10_000),
    timeoutMs: sources.orDefault([...keys, 'timeoutMs'], timeoutMs, 1000),
    failures: sources.orDefault([...keys, 'failures'], failures, 3),
  }
  if (timeoutMs !== undefined && timeoutMs > probe.intervalMs)
    reader.report.warn(reader.at([...at, 'timeout']), {
      code: 'GT4014',
      summary: `a probe of ${reader.subject} may take longer than the time from one to the next`,
      label: 'the next one waits for it, so they come less often than every says',
    })
  return check && { check, ...probe }
}

const kinds = ['http', 'tcp', 'exec', 'grpc'] as const

/** Fields that one kind of probe alone takes. */
const onlyFor = { port: 'http', service: 'grpc' } as const

function readCheck(
  reader: Reader,
  given: ReadonlyMap<string, Encoded>,
  at: readonly string[],
  ports: Ports,
): Probe['check'] | undefined {
  const name = at.at(-1) ?? 'health'
  const [kind, second] = kinds.filter((each) => given.has(each))
  if (kind === undefined) {
    if (reader.mayBeMisspelt(at, kinds)) return undefined
    reader.refuse(at, {
      code: 'GT1003',
      summary: `${name} of ${reader.subject} does not say what to probe`,
      label: "add http: '/healthz' and port, or tcp, or exec, or grpc",
    })
    return undefined
  }
  const contradict = (field: string, summary: string, label: string): void => {
    reader.refuse([...at, field], { code: 'GT2114', summary, label }, 'name')
  }
  if (second !== undefined) {
    contradict(second, `${name} of ${reader.subject} probes ${kind} and ${second}`, 'choose one')
    return undefined
  }
  for (const [field, only] of Object.entries(onlyFor))
    if (kind !== only && given.has(field)) {
      contradict(
        field,
        `${name} of ${reader.subject} has a ${field}, which only ${only} takes`,
        'leave it out',
      )
      return undefined
    }
  switch (kind) {
    case 'http': {
      const path = reader.string(given.get('http'), [...at, 'http'])
      if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path))
        reader.refuse([...at, 'http'], {
          code: 'GT2114',
          summary: `'${path}' is not a path to ask for: it begins with '/' and has no blanks`,
        })
      // What is no path may have the port in it, as in other tools.
      const named = path === undefined ? given.get('port') : reader.require(given, 'port', at)
      const port = readPort(reader, named, [...at, 'port'], ports, kind)
      return path === undefined || port === undefined ? undefined : { kind, path, port }
    }
    case 'tcp': {
      const port = readPort(reader, given.get('tcp'), [...at, 'tcp'], ports, kind)
      return port === undefined ? undefined : { kind, port }
    }
    case 'grpc': {
      const port = readPort(reader, given.get('grpc'), [...at, 'grpc'], ports, kind)
      const service = reader.string(given.get('service'), [...at, 'service'])
      return port === undefined ? undefined : { kind, port, ...(service === undefined ? {} : { service }) }
    }
    case 'exec': {
      const command = reader.strings(given.get('exec'), [...at, 'exec'])
      if (command?.length === 0) {
        reader.misfit([], [...at, 'exec'])
        return undefined
      }
      return command && { kind, command }
    }
  }
}

function readPort(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
  ports: Ports,
  kind: 'http' | 'tcp' | 'grpc',
): string | undefined {
  const name = reader.string(value, path)
  if (name === undefined) return undefined
  const port = Object.hasOwn(ports, name) ? ports[name] : undefined
  const names = Object.keys(ports)
  if (!port) {
    const guess = nearest(name, names)
    reader.refuse(path, {
      code: 'GT2108',
      summary: `${reader.subject} has no port '${name}' to probe${names.length === 0 ? ': it declares none' : ` (ports: ${names.join(', ')})`}`,
      ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
    })
    return undefined
  }
  const fits = (each: Port | undefined): boolean =>
    kind === 'tcp' ? each?.protocol !== 'udp' : each?.protocol === kind
  if (fits(port)) return name
  const fit = names.filter((each) => fits(ports[each]))
  reader.refuse(path, {
    code: 'GT2108',
    summary: `port '${name}' of ${reader.subject} is ${port.protocol}, and ${needs[kind]}`,
    label:
      port.protocol === 'udp' && fit.length === 0
        ? 'write exec: [ … ] to ask the program itself'
        : fit.length === 0
          ? `write tcp: '${name}' to see that it takes connections`
          : `use ${listNames(fit)}`,
  })
  return undefined
}

const needs = {
  http: 'an http probe needs an http port',
  grpc: 'a grpc probe needs a grpc port',
  tcp: 'nobody takes connections there',
} as const
