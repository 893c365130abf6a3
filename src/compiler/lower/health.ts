// How it is found out whether a task is healthy. Invariant: a probe asks exactly one thing, and of a port that the
// service declares.

import { nearest } from '../../model/index.ts'
import type { Port, Probe } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import { listNames } from '../suggest.ts'
import type { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'

const at = ['1', 'health']

export function readHealth(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  ports: Readonly<Record<string, Port>>,
): Probe | undefined {
  const given = reader.fields(fields.get('health'), at)
  if (!given) return undefined
  const path = [...keys, 'health']
  scope.sources.written(path, reader.at(at))
  const declaredPorts = fields.has('ports') ? ports : {}
  const check = readCheck(reader, given, declaredPorts)
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
    intervalMs: sources.orDefault([...path, 'intervalMs'], intervalMs, 10_000),
    timeoutMs: sources.orDefault([...path, 'timeoutMs'], timeoutMs, 1000),
    failures: sources.orDefault([...path, 'failures'], failures, 3),
  }
  return check && { check, ...probe }
}

function readCheck(
  reader: Reader,
  given: ReadonlyMap<string, Encoded>,
  ports: Readonly<Record<string, Port>>,
): Probe['check'] | undefined {
  const kinds = ['http', 'tcp', 'exec'].filter((kind) => given.has(kind))
  const [kind, second] = kinds
  if (kind === undefined) {
    // A misspelt field was said already, and is what is meant.
    if (given.size > 0 && !['port', 'every', 'timeout', 'failures'].some((name) => given.has(name)))
      return undefined
    reader.refuse(at, {
      code: 'GT1003',
      summary: `health of ${reader.subject} does not say what to probe`,
      label: "add http: '/healthz' and port, or tcp, or exec",
    })
    return undefined
  }
  if (second !== undefined) {
    reader.refuse(
      [...at, second],
      {
        code: 'GT2114',
        summary: `health of ${reader.subject} probes ${kind} and ${second}`,
        label: 'choose one',
      },
      'name',
    )
    return undefined
  }
  if (kind !== 'http' && given.has('port')) {
    reader.refuse(
      [...at, 'port'],
      {
        code: 'GT2114',
        summary: `health of ${reader.subject} has a port, which only http takes`,
        label: `leave it out`,
      },
      'name',
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
      const port = readPort(reader, reader.require(given, 'port', at), [...at, 'port'], ports, 'http')
      return path === undefined || port === undefined ? undefined : { kind, path, port }
    }
    case 'tcp': {
      const port = readPort(reader, given.get('tcp'), [...at, 'tcp'], ports, undefined)
      return port === undefined ? undefined : { kind, port }
    }
    default: {
      const command = reader.strings(given.get('exec'), [...at, 'exec'])
      if (command?.length === 0) {
        reader.misfit([], [...at, 'exec'])
        return undefined
      }
      return command && { kind: 'exec', command }
    }
  }
}

function readPort(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
  ports: Readonly<Record<string, Port>>,
  protocol: 'http' | undefined,
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
  if (protocol !== undefined && port.protocol !== protocol) {
    const fit = names.filter((each) => ports[each]?.protocol === protocol)
    reader.refuse(path, {
      code: 'GT2108',
      summary: `port '${name}' of ${reader.subject} is ${port.protocol}, and an http probe needs an http port`,
      ...(fit.length === 0
        ? { label: `write tcp: '${name}' to see that it takes connections` }
        : { label: `use ${listNames(fit)}` }),
    })
    return undefined
  }
  return name
}
