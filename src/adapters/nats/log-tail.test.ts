// What a message of the stream means to the reader of the log: faults that a healthy nats-server does not show.
import { Match, MsgHdrsImpl } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { readMessage } from './log-tail.ts'

const ack = (seq: number) => `$JS.ACK.GANTRY_LOG.consumer.1.${seq}.${seq}.1700000000000000000.0`
const newAck = (seq: number) =>
  `$JS.ACK._.account.GANTRY_LOG.consumer.1.${seq}.${seq}.1700000000000000000.0.token`
const record = (reply: string) => ({ reply, data: new Uint8Array([1]) })

function status(code: number, description: string, values: Record<string, string> = {}, reply = '') {
  const headers = new MsgHdrsImpl(code, description)
  for (const [name, value] of Object.entries(values)) headers.set(name, value, Match.Exact)
  return { reply, data: new Uint8Array(0), headers }
}

function read(message: Parameters<typeof readMessage>[0], next: number) {
  const answered: string[] = []
  const result = readMessage(message, next, (subject) => answered.push(subject))
  return { result, answered }
}

test.each([ack, newAck])('the next record is given with its number, from both forms of it', (form) => {
  expect(read(record(form(7)), 7).result).toEqual({ seq: 7, bytes: new Uint8Array([1]) })
})

test.each([
  [record(ack(8)), 'the store gave record 8 of the log where 7 is next'],
  [record(ack(6)), 'the store gave record 6 of the log where 7 is next'],
  [record(''), 'the store gave a record without a number'],
  [
    status(100, 'Idle Heartbeat', { 'Nats-Last-Stream': '7' }),
    'record 7 of the log was sent and did not arrive',
  ],
  [status(409, 'Consumer Deleted'), 'the store ends the tail of the log: Consumer Deleted'],
])('a gap, a repetition, a lost record and an end are not passed over', (message, reason) => {
  expect(() => read(message, 7)).toThrow(reason)
})

test('heartbeats say nothing, and flow control is answered', () => {
  const heartbeat = status(100, 'Idle Heartbeat', { 'Nats-Last-Stream': '6' })
  expect(read(heartbeat, 7)).toEqual({ result: null, answered: [] })
  const question = status(100, 'FlowControl Request', {}, '$JS.FC.GANTRY_LOG.a')
  expect(read(question, 7)).toEqual({ result: null, answered: ['$JS.FC.GANTRY_LOG.a'] })
  const stalled = status(100, 'Idle Heartbeat', { 'Nats-Consumer-Stalled': '$JS.FC.GANTRY_LOG.b' })
  expect(read(stalled, 7)).toEqual({ result: null, answered: ['$JS.FC.GANTRY_LOG.b'] })
})
