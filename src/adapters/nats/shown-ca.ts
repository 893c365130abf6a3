// The CA that a NATS server shows to a host that knows no more than its fingerprint. Invariant: what it gives has that
// fingerprint; that the server holds a certificate of it is then proved by every connection. Nothing is said to the server
// before that.

import { createHash } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { exitCodes, Fault, messageOf, natsHostName } from '../../model/index.ts'
import type { Address } from '../../model/index.ts'

const withinMs = 5000
/** A certificate, its CA, and nothing that goes round in circles. */
const chainLimit = 4

/** PEM. Asks one server after the other; a `Fault` when none can be reached, or one shows another CA. */
export async function fetchCa(
  servers: readonly Address[],
  fingerprint: string,
  signal: AbortSignal,
): Promise<string> {
  const problems: string[] = []
  for (const server of servers) {
    const chain = await shownBy(server, signal).catch((error: unknown) => {
      signal.throwIfAborted()
      problems.push(`${server}: ${messageOf(error)}`)
      return null
    })
    const found = chain?.find(({ raw }) => createHash('sha256').update(raw).digest('hex') === fingerprint)
    if (found) return found.toString()
    if (chain)
      throw new Fault({
        what: `${server} is not of the cluster that the token is for`,
        why: 'it shows a certificate of another CA: another cluster, or somebody between',
        fix: 'look whether the address is right, and ask for a new token',
        exit: exitCodes.rights,
      })
  }
  throw new Fault({
    what: 'no server of the cluster can be reached',
    why: problems.join('; '),
    fix: 'look whether its address and port are open to this host',
    exit: exitCodes.timedOut,
  })
}

async function shownBy(server: Address, signal: AbortSignal): Promise<X509Certificate[]> {
  const at = server.lastIndexOf(':')
  const host = server.slice(0, at).replace(/^\[|\]$/g, '')
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(withinMs)])
  const socket: Socket = connect({ host, port: Number(server.slice(at + 1)) })
  const end = () => socket.destroy(new Error('it does not answer'))
  deadline.addEventListener('abort', end, { once: true })
  try {
    await once(socket, 'data') // NATS speaks first, in the clear
    const secured = connectTls({ socket, servername: natsHostName, rejectUnauthorized: false })
    await once(secured, 'secureConnect')
    const chain: X509Certificate[] = []
    let next = secured.getPeerX509Certificate()
    while (next && chain.length < chainLimit) {
      chain.push(next)
      next = next.issuerCertificate
    }
    return chain
  } finally {
    deadline.removeEventListener('abort', end)
    socket.destroy()
  }
}
