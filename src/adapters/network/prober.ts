// Health checks over HTTP, TCP and gRPC from the host into a container's network. Invariant: an outcome comes within the
// timeout, each probe has a connection of its own that is gone afterwards, and no more than an answer's head is read.

import { request } from 'node:http'
import { connect } from 'node:net'
import { askHealth } from './grpc.ts'
import type { Prober, ProbeOutcome } from '../../agent/index.ts'
import { messageOf } from '../../model/index.ts'
import type { Duration } from '../../model/index.ts'

const headLimit = 16 * 1024

export const prober: Prober = {
  /** 2xx and 3xx are well; a redirect is not followed. */
  http({ ip, port, path }, timeoutMs) {
    return settle(timeoutMs, (done) => {
      const call = request({
        ...{ host: ip, port, path: path.startsWith('/') ? path : `/${path}`, agent: false },
        ...{ maxHeaderSize: headLimit, headers: { 'User-Agent': 'gantry-probe', Connection: 'close' } },
      })
      const judge = (status: number) =>
        done(status >= 200 && status < 400 ? null : `${path} answered with status ${status}`)
      call.on('error', (error) => done(whyNot(error)))
      call.on('response', (response) => judge(response.statusCode ?? 0))
      call.on('upgrade', (response) => judge(response.statusCode ?? 0))
      call.on('close', () => done('the connection was closed without an answer'))
      call.end()
      return () => call.destroy()
    })
  },

  tcp({ ip, port }, timeoutMs) {
    return settle(timeoutMs, (done) => {
      const socket = connect({ host: ip, port })
      socket.on('error', (error) => done(whyNot(error)))
      socket.on('connect', () => done(null))
      return () => socket.destroy()
    })
  },

  grpc(target, timeoutMs) {
    return settle(timeoutMs, (done) => askHealth(target, done, whyNot))
  },
}

/** Starts an attempt; the first word about it counts (null is success), and then it is ended. */
function settle(
  timeoutMs: Duration,
  start: (done: (why: string | null) => void) => () => void,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    let end: () => void = () => undefined
    let isDone = false
    const done = (why: string | null) => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      end()
      resolve({ ok: why === null, message: why })
    }
    const timer = setTimeout(() => done(`no answer within ${timeoutMs} ms`), timeoutMs)
    try {
      end = start(done)
    } catch (error) {
      done(messageOf(error)) // a path that cannot be sent
    }
  })
}

function whyNot(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused'
    case 'ECONNRESET':
      return 'the connection was closed before it answered'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'the address cannot be reached'
    case 'HPE_HEADER_OVERFLOW':
      return `the head of the answer is larger than ${headLimit} bytes`
    default:
      if (code === 'ERR_HTTP2_ERROR' || code === 'ERR_HTTP2_STREAM_ERROR')
        return 'what it answered is not HTTP/2'
      return code.startsWith('HPE_') ? 'what it answered is not HTTP' : error.message
  }
}
