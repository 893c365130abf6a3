// What a document speaks of and does not declare. Pure.

import {
  configAddress,
  containersOf,
  ingressAddress,
  secretAddress,
  serviceAddress,
  volumeAddress,
} from '../model/index.ts'
import type { Probe, StackDocument, TaskTemplate, TextPart } from '../model/index.ts'
import { secretsUsed } from './task.ts'
import type { Refusal } from './validate.ts'

interface Owner {
  readonly address: string
  readonly template: TaskTemplate
}

export function missingReferences(document: StackDocument, owners: readonly Owner[]): Refusal[] {
  return [
    ...owners.flatMap((owner) => [...missingThings(document, owner), ...badProbes(owner)]),
    ...missingOwners(document),
    ...Object.entries(document.configs).flatMap(([name, { content }]) =>
      missingInText(document, configAddress(document.stack, name), content, true),
    ),
    ...missingRoutes(document),
    ...Object.values(document.outputs).flatMap(({ text }) => [
      ...missingInText(document, document.stack, text, false),
      ...text.flatMap((part): Refusal[] =>
        typeof part !== 'string' && 'secret' in part
          ? [
              {
                address: document.stack,
                what: `${document.stack} hands out the secret ${part.secret}`,
                fix: 'an output is for everybody: take the secret out of it',
              },
            ]
          : [],
      ),
    ]),
  ]
}

const miss = (address: string, what: string, fix: string): Refusal => ({
  address,
  what: `${address} ${what}, which is not declared`,
  fix,
})

function missingThings(document: StackDocument, { address, template }: Owner): Refusal[] {
  const { stack } = document
  const declared = new Set(Object.keys(document.secrets).map((name) => secretAddress(stack, name)))
  return [
    ...containersOf(template).flatMap((container) => [
      ...Object.entries(container.mounts)
        .filter(([, { volume }]) => own(document.volumes, volume) === undefined)
        .map(([path, { volume }]) =>
          miss(
            address,
            `mounts ${volumeAddress(stack, volume)} at ${path}`,
            'declare the volume in the same stack',
          ),
        ),
      ...Object.entries(container.configs ?? {})
        .filter(([, config]) => own(document.configs, config) === undefined)
        .map(([path, config]) =>
          miss(
            address,
            `mounts ${configAddress(stack, config)} at ${path}`,
            'declare the config in the same stack',
          ),
        ),
    ]),
    ...secretsUsed(stack, template)
      .filter((secret) => !declared.has(secret))
      .map((secret) => miss(address, `uses ${secret}`, 'declare the secret in the same stack')),
    ...containersOf(template).flatMap(({ env }) =>
      Object.values(env).flatMap((value) =>
        missingInText(document, address, 'text' in value ? value.text : [], false),
      ),
    ),
  ]
}

/** Secrets of a variable are looked at where those of files are. */
function missingInText(
  document: StackDocument,
  address: string,
  text: readonly TextPart[],
  withSecrets: boolean,
): Refusal[] {
  return text.flatMap((part): Refusal[] => {
    if (typeof part === 'string') return []
    if ('endpoint' in part) {
      const { service, port, container } = part.endpoint
      return missingPort(document, address, 'speaks of', service, port, container)
    }
    if ('portNumber' in part) {
      const { service, port, container } = part.portNumber
      return missingPort(document, address, 'speaks of', service, port, container)
    }
    if ('host' in part)
      return missingPort(document, address, 'speaks of', part.host.service, part.host.port, null)
    return withSecrets && 'secret' in part && own(document.secrets, part.secret) === undefined
      ? [
          miss(
            address,
            `uses ${secretAddress(document.stack, part.secret)}`,
            'declare the secret in the same stack',
          ),
        ]
      : []
  })
}

/** `container`: the number that the port is spoken of with; null where it is not. */
function missingPort(
  { services }: StackDocument,
  address: string,
  verb: string,
  service: string,
  port: string,
  container: number | null,
): Refusal[] {
  const ports = own(services, service)?.template.ports
  if (!ports) return [miss(address, `${verb} the service ${service}`, 'name a service of the same stack')]
  const declared = own(ports, port)
  if (!declared)
    return [
      miss(address, `${verb} the port ${port} of ${service}`, `name one of its ports: ${listOf(ports)}`),
    ]
  if (container === null || declared.container === container) return []
  return [
    {
      address,
      what: `${address} ${verb} the port ${port} of ${service} as ${container}, and ${service} declares it as ${declared.container}`,
      fix: 'compile the stack again',
    },
  ]
}

function badProbes({ address, template }: Owner): Refusal[] {
  const { startup, readiness, liveness } = template.probes ?? {}
  const sidecars = Object.values(template.sidecars ?? {}).map(({ health }) => health)
  return [template.health, startup, readiness, liveness, ...sidecars].flatMap((probe) =>
    probe ? badProbe(address, probe, template.ports) : [],
  )
}

function badProbe(address: string, { check }: Probe, ports: TaskTemplate['ports']): Refusal[] {
  if (check.kind === 'exec') return []
  const port = own(ports, check.port)
  if (!port)
    return [
      {
        address,
        what: `${address} is probed on its port ${check.port}, which is not declared`,
        fix: `name one of its ports: ${listOf(ports)}`,
      },
    ]
  if (port.protocol === 'udp')
    return [
      {
        address,
        what: `${address} is probed on its port ${check.port}, which is udp`,
        fix: 'probe another port, or by a command',
      },
    ]
  if (check.kind === 'http' && !check.path.startsWith('/'))
    return [{ address, what: `${address} is probed at the path ${check.path}`, fix: `write /${check.path}` }]
  return []
}

/** Services and jobs that others name: to reach, to be near, to run before a rollout. */
function missingOwners(document: StackDocument): Refusal[] {
  const { stack, services, jobs, crons } = document
  const all = [
    ...Object.entries(services),
    ...Object.entries(jobs),
    ...Object.entries(crons).map(([name, { job }]) => [name, job] as const),
  ]
  const isThere = (name: string) => [services, jobs, crons].some((table) => Object.hasOwn(table, name))
  return all.flatMap(([name, { reaches, placement, ...spec }]): Refusal[] => {
    const address = serviceAddress(stack, name)
    const before = 'rollout' in spec ? spec.rollout.before : undefined
    return [
      ...reaches.flatMap(({ service, port }) =>
        port === undefined
          ? own(services, service)
            ? []
            : [miss(address, `reaches the service ${service}`, 'name a service of the same stack')]
          : missingPort(document, address, 'reaches', service, port, null),
      ),
      ...(placement.near ?? [])
        .filter(({ service }) => !isThere(service))
        .map(({ service }) =>
          miss(address, `is placed by where ${service} is`, 'name a service or a job of the same stack'),
        ),
      ...(before === undefined ? [] : missingBefore(address, before, own(jobs, before))),
    ]
  })
}

function missingBefore(
  address: string,
  name: string,
  job: StackDocument['jobs'][string] | undefined,
): Refusal[] {
  if (!job) return [miss(address, `runs the job ${name} before its rollouts`, 'name a job of the same stack')]
  if (job.trigger === 'rollout') return []
  return [
    {
      address,
      what: `${address} runs the job ${name} before its rollouts, and its trigger is ${job.trigger}`,
      fix: 'compile the stack again',
    },
  ]
}

function missingRoutes(document: StackDocument): Refusal[] {
  return Object.entries(document.ingresses).flatMap(([name, { routes }]) => {
    const address = ingressAddress(document.stack, name)
    return Object.entries(routes).flatMap(([path, { service, port }]): Refusal[] => {
      const missing = missingPort(document, address, `leads ${path} to`, service, port, null)
      const protocol = own(document.services, service)?.template.ports[port]?.protocol
      if (missing.length > 0 || protocol === 'http' || protocol === 'grpc') return missing
      return [
        {
          address,
          what: `${address} leads ${path} to the port ${port} of ${service}, which is ${protocol ?? ''}`,
          fix: 'lead it to an http or grpc port',
        },
      ]
    })
  })
}

/** A name may be that of something every object has, such as `constructor`. */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function listOf(record: object): string {
  return Object.keys(record).sort().join(', ') || 'it has none'
}
