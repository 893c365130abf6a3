// The outside as the server and the agent see it: time and the bus. They are declared here, not in one of the two,
// because both use them; adapters/ implements them for real and sim/ in virtual time. Invariant: nothing below
// server/ and agent/ reads a clock or opens a connection but through these.

import type { Duration, Instant } from './duration.ts'

export interface Clock {
  /** Wall time; may jump. */
  now(): Instant
  /** Milliseconds that only ever grow, from an arbitrary start; for measuring spans and leases. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: Duration, signal?: AbortSignal): Promise<void>
}

export interface BusMessage {
  readonly subject: string
  readonly data: Uint8Array
}

export interface BusSubscription {
  close(): void
}

/** Why a request had no answer. */
export type BusFailure = 'no-responders' | 'timeout' | 'disconnected' | 'too-large' | 'denied'

export class BusError extends Error {
  readonly failure: BusFailure
  constructor(failure: BusFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BusError'
    this.failure = failure
  }
}

/** At most once: a message may be lost, late, or answered after the asker has given up. */
export interface Bus {
  /** Throws `BusError`. */
  request(
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: Duration; signal?: AbortSignal },
  ): Promise<Uint8Array>
  /** Fire and forget; dropped when there is no connection. */
  publish(subject: string, data: Uint8Array): void
  /**
   * Calls `handler` for each message. What it resolves to is sent as the answer when one is asked for; null sends none.
   * A handler that throws is a bug and is reported to the logger; the asker gets no answer.
   */
  serve(subject: string, handler: (message: BusMessage) => Promise<Uint8Array | null>): BusSubscription
}

/** Structured log of a process, for operators; never carries secrets. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/** Undefined when the bytes are not JSON. */
export function decodeJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data)) as unknown
  } catch {
    return undefined
  }
}
