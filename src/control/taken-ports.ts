// Ports that two things of a stack want at once. TCP and UDP have ports of their own. Pure.

import { serviceAddress } from '../model/index.ts'
import type { Port, StackDocument, TaskTemplate } from '../model/index.ts'
import type { Refusal } from './validate.ts'

/** `tcp 8080`: HTTP and gRPC are TCP. */
function portKey({ protocol }: Pick<Port, 'protocol'>, number: number): string {
  return `${protocol === 'udp' ? 'udp' : 'tcp'} ${number}`
}

export function portsTakenTwice(
  { stack, services }: StackDocument,
  owners: readonly { readonly address: string; readonly template: TaskTemplate }[],
): Refusal[] {
  const taken = new Map<string, string>()
  const refusals: Refusal[] = []
  const isService = new Set(Object.keys(services).map((name) => serviceAddress(stack, name)))
  for (const { address, template } of owners)
    for (const [name, port] of Object.entries(template.ports)) {
      const { published } = port
      if (published === undefined) continue
      if (!isService.has(address))
        refusals.push({
          address,
          what: `the job ${address} publishes its port ${name}`,
          fix: 'only a service can publish a port',
        })
      const other = taken.get(portKey(port, published))
      if (other !== undefined)
        refusals.push({
          address,
          what: `${address} publishes port ${published}, which ${other === address ? 'it' : other} publishes already`,
          fix: 'publish it on another port',
        })
      taken.set(portKey(port, published), address)
    }
  // A published port is one of every host; two services may have one port of their hosts, each on its own host.
  for (const { address, template } of owners) {
    const own = new Set<string>()
    for (const port of Object.values(template.ports)) {
      const { hostPort } = port
      if (hostPort === undefined) continue
      const key = portKey(port, hostPort)
      const publisher = taken.get(key)
      const holder = publisher ?? (own.has(key) ? address : undefined)
      if (holder !== undefined)
        refusals.push({
          address,
          what: `${address} takes port ${hostPort} of its host, which ${holder === address ? 'it' : holder} ${publisher === undefined ? 'takes' : 'publishes'} already`,
          fix: 'take another port',
        })
      own.add(key)
    }
  }
  return refusals
}
