// Addresses as people write them: a host's name or IP address, and a port. Invariant: what comes out can be listened on or
// connected to as far as its form says. It looks nothing up.

import { isIP } from 'node:net'
import { exitCodes, Fault } from '../model/index.ts'

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** Of `host:port` or `[address]:port`, as it stands in our own files. */
export function splitAddress(address: string): HostAndPort {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}

export function joinAddress({ host, port }: HostAndPort): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** The host of `--address`: a name or an IP address by which other hosts reach this one. */
export function parseHost(text: string): string {
  const isUsable =
    isIP(text) !== 0 ? !/^[0:.]+$/.test(text) : /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)
  if (isUsable) return text
  throw new Fault({
    what: `${JSON.stringify(text)} is not an address of a host`,
    fix: 'write the name or the IP address by which the other hosts reach this one, without a port',
    exit: exitCodes.usage,
  })
}
