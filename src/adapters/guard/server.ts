// The guard as a process: keeps what the agent hands it over a socket, and kills what has no lease any more. Invariant:
// there is one for a socket; it goes on when the agent is dead, and ends by itself only when it has held nothing, and
// nobody has asked it anything, for a while. What it does with leases is agent/guardian.ts.

import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import type { Server, Socket } from 'node:net'
import { dirname } from 'node:path'
import { once } from 'node:events'
import { Guardian } from '../../agent/index.ts'
import { systemClock } from '../host/index.ts'
import { Fault, messageOf } from '../../model/index.ts'
import type { Duration, Logger } from '../../model/index.ts'
import { bootTime } from './boot.ts'
import type { Killer } from './kill.ts'
import { guardRequest, lineLimit } from './protocol.ts'
import type { GuardReply } from './protocol.ts'

/** Without a lease and without a question it ends. */
const idleMs: Duration = 60_000
/** Longest path that the kernel takes for a socket, its end included. */
const pathLimit = 108

export interface GuardOptions {
  readonly socketPath: string
  readonly kill: Killer
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Runs until the signal, or until it is of no use any more; at once when another one serves the socket. */
export async function runGuard({ socketPath, kill, logger, signal }: GuardOptions): Promise<void> {
  if (Buffer.byteLength(socketPath) >= pathLimit)
    throw new Fault({
      what: `the path ${socketPath} is too long for a socket`,
      fix: 'keep the files of the cluster in a folder with a shorter path: --home or GANTRY_HOME',
    })
  if (await answers(socketPath)) return
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const guardian = new Guardian({
    now: bootTime,
    sleep: (ms, each) => systemClock.sleep(ms, each),
    kill,
    logger,
  })
  let askedAt = performance.now()
  const server = createServer((socket) => {
    serve(socket, (line) => {
      askedAt = performance.now()
      const request = guardRequest.parse(JSON.parse(line))
      if (request.hold) guardian.set(request.hold)
      return { held: [...guardian.leases] }
    })
  })
  await listen(server, socketPath)
  logger.info({ socketPath }, 'guards leases')
  const watch = async () => {
    while (!stop.aborted) {
      if (guardian.leases.length === 0 && performance.now() - askedAt > idleMs) over.abort()
      await systemClock.sleep(1000, stop).catch(() => undefined)
    }
  }
  try {
    await Promise.all([guardian.run(stop), watch()])
  } finally {
    server.close()
    logger.info({}, 'has no lease to guard any more')
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

async function listen(server: Server, socketPath: string): Promise<void> {
  await mkdir(dirname(socketPath), { recursive: true })
  // Left by one that was killed: nobody answers there.
  await rm(socketPath, { force: true })
  const listening = once(server, 'listening')
  server.listen(socketPath)
  await listening
  await chmod(socketPath, 0o600)
}

/** One line in, one line out. What is no question is not answered. */
function serve(socket: Socket, answer: (line: string) => GuardReply): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('data', (part: string) => {
    text += part
    if (text.length > lineLimit) socket.destroy()
    const end = text.indexOf('\n')
    if (end < 0) return
    try {
      socket.end(`${JSON.stringify(answer(text.slice(0, end)))}\n`)
    } catch (error) {
      socket.destroy(new Error(messageOf(error)))
    }
  })
}
