// The agent's hold on its guard: asks it over the socket, and starts one when none is there. Invariant: what is said to
// be in force is what the guard answered; a call ends within its limit. It keeps nothing itself.

import { connect } from 'node:net'
import type { Guard, GuardedLease } from '../../agent/index.ts'
import { systemClock } from '../host/index.ts'
import type { Duration } from '../../model/index.ts'
import { bootTime } from './boot.ts'
import { guardReply, lineLimit } from './protocol.ts'
import type { GuardRequest } from './protocol.ts'

const askLimitMs: Duration = 1000
/** A process of its own has to start. */
const startLimitMs: Duration = 5000
const startPollMs: Duration = 50

export interface GuardClientOptions {
  readonly socketPath: string
  /** Starts the guard's process, unless it runs. */
  readonly start: () => Promise<void>
}

export function createGuard({ socketPath, start }: GuardClientOptions): Guard {
  return {
    now: bootTime,
    held: async () => (await ask(socketPath, {})) ?? [],
    hold: async (leases) => {
      // A guard with nothing to hold need not be there.
      const request = { hold: [...leases] }
      if ((await ask(socketPath, request)) !== null) return
      if (leases.length === 0) return
      await start()
      const until = performance.now() + startLimitMs
      while ((await ask(socketPath, request)) === null) {
        if (performance.now() > until) throw new Error(`no guard answers at ${socketPath}; look into its log`)
        await systemClock.sleep(startPollMs)
      }
    },
  }
}

/** What is in force then; null when nobody serves the socket. */
function ask(socketPath: string, request: GuardRequest): Promise<readonly GuardedLease[] | null> {
  return new Promise((resolve, reject) => {
    let text = ''
    let isConnected = false
    const socket = connect(socketPath)
    socket.setEncoding('utf8')
    socket.setTimeout(askLimitMs, () => socket.destroy(new Error('the guard does not answer')))
    socket.on('connect', () => {
      isConnected = true
      socket.write(`${JSON.stringify(request)}\n`)
    })
    socket.on('data', (part: string) => {
      text += part
      if (text.length > lineLimit) socket.destroy(new Error('the guard answers more than it can'))
    })
    socket.on('end', () => {
      try {
        resolve(guardReply.parse(JSON.parse(text)).held)
      } catch {
        reject(new Error('the guard answers what is no answer'))
      }
    })
    socket.on('error', (error) => {
      if (isConnected || !isAbsent(error)) reject(error)
      else resolve(null)
    })
    socket.on('close', () => reject(new Error('the guard closed the connection')))
  })
}

function isAbsent(error: Error): boolean {
  return 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
}
