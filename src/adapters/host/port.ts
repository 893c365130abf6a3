// TCP ports of this host: which is free, and who holds one that is not. Invariant: a port counts as free only when it
// could be bound just now. Between that and the use of it another may take it; whoever uses it must still cope.

import { once } from 'node:events'
import { readFile, readdir, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { Fault, exitCodes } from '../../model/index.ts'

/** Who listens; null where the host does not say (another user's process, or not Linux). */
export interface PortHolder {
  readonly pid: number | null
  readonly command: string | null
}

/** A port that nobody listens on, chosen by the kernel. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const server = createServer()
  server.listen(0, address)
  await once(server, 'listening')
  const at = server.address()
  server.close()
  await once(server, 'close')
  if (at === null || typeof at === 'string') throw new Error('a listening TCP server has no port')
  return at.port
}

/** Null when the port can be listened on. A `Fault` when that needs rights, or the address is not of this host. */
export async function portHolder(port: number, address = '127.0.0.1'): Promise<PortHolder | null> {
  const code = await tryToListen(port, address)
  switch (code) {
    case null:
      return null
    case 'EADDRINUSE':
      return findHolder(port)
    case 'EACCES':
      throw new Fault({
        what: `cannot listen on port ${port}`,
        why: 'ports below 1024 need rights',
        fix: 'run as root, or choose a port from 1024 on',
        exit: exitCodes.rights,
      })
    default:
      throw new Fault({ what: `cannot listen on ${address}:${port}`, why: code })
  }
}

/** `nats-server (process 123)`, for a message. */
export function describeHolder({ pid, command }: PortHolder): string {
  if (pid === null) return 'another process'
  return command === null ? `process ${pid}` : `${command} (process ${pid})`
}

async function tryToListen(port: number, address: string): Promise<string | null> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, address, () => server.close(() => resolve(null)))
  })
}

async function findHolder(port: number): Promise<PortHolder> {
  const unknown: PortHolder = { pid: null, command: null }
  const sockets = await listeningSockets(port)
  if (sockets.size === 0) return unknown
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const links = await openFiles(entry)
    if (!links.some((link) => sockets.has(link))) continue
    const command = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => null) // it may have ended meanwhile
    return { pid: Number(entry), command: command?.trim() ?? null }
  }
  return unknown
}

/** Names of the sockets that listen on a port, as links in /proc/<pid>/fd read. */
async function listeningSockets(port: number): Promise<Set<string>> {
  const found = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '') // no IPv6, or not Linux: then nothing is known
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      const isListening = state === '0A'
      if (isListening && parseInt(local.split(':')[1] ?? '', 16) === port) found.add(`socket:[${inode}]`)
    }
  }
  return found
}

async function openFiles(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => []) // ended, or another user's
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
}
