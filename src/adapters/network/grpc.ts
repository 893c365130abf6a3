// One question to the standard health service of gRPC (grpc.health.v1.Health/Check), over HTTP/2 without TLS and without
// a library: the message has one field each way. Invariant: of the answer no more is kept than a health answer may have.
// https://github.com/grpc/grpc/blob/master/doc/health-checking.md and PROTOCOL-HTTP2.md

import { Buffer } from 'node:buffer'
import { connect } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'

const answerLimit = 1024
/** Of the message `ServingStatus`. */
const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** Asks once; the first word about it counts, null is success. Gives what ends it. */
export function askHealth(
  { ip, port, service }: { readonly ip: string; readonly port: number; readonly service: string | undefined },
  done: (why: string | null) => void,
  whyNot: (error: Error) => string,
): () => void {
  // A call that was never made has its reason as the cause.
  const fail = (error: Error) => done(whyNot(error.cause instanceof Error ? error.cause : error))
  const session: ClientHttp2Session = connect(`http://${ip.includes(':') ? `[${ip}]` : ip}:${port}`)
  session.on('error', fail)
  session.on('close', () => done('the connection was closed without an answer'))
  const call = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    'user-agent': 'gantry-probe',
    te: 'trailers',
  })
  const parts: Buffer[] = []
  let size = 0
  let status: string | undefined
  let words = ''
  const note = (headers: Readonly<Record<string, unknown>>) => {
    if (typeof headers['grpc-status'] === 'string') status = headers['grpc-status']
    if (typeof headers['grpc-message'] === 'string') words = headers['grpc-message']
  }
  call.on('response', (headers) => {
    note(headers)
    const code = headers[':status']
    if (code !== 200) done(`the health service answered with status ${code ?? 0}`)
  })
  call.on('trailers', note)
  call.on('error', fail)
  call.on('data', (part: Buffer) => {
    size += part.length
    if (size > answerLimit) done('the health service answered with more than a health answer')
    else parts.push(part)
  })
  call.on('end', () => done(judge(status, words, Buffer.concat(parts))))
  call.end(questionOf(service ?? ''))
  return () => {
    call.close()
    session.destroy()
  }
}

/** What an answer means; null: it serves. */
function judge(status: string | undefined, words: string, body: Buffer): string | null {
  if (status === '12') return 'there is no health service of gRPC'
  if (status === '5') return 'the health service does not know the service'
  if (status !== '0')
    return `the health service failed with ${status ?? 'nothing'} ${words}`.trim().slice(0, 200)
  const serving = servingStatus(body)
  if (serving === 1) return null
  return serving === null
    ? 'what the health service answered is no health answer'
    : `the health service says ${statusNames[serving] ?? serving}`
}

/** A message of gRPC with `HealthCheckRequest { string service = 1 }`. */
function questionOf(service: string): Buffer {
  const name = Buffer.from(service)
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return [...bytes, rest]
}

/** `HealthCheckResponse { ServingStatus status = 1 }`; null when it is something else. */
function servingStatus(body: Buffer): number | null {
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5) return null
  const message = body.subarray(5)
  // A field that is left away is 0, UNKNOWN.
  if (message.length === 0) return 0
  const [key, value = 0] = message
  return message.length === 2 && key === 0x08 && value < 0x80 ? value : null
}
