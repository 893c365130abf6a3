// Signals by the names that Linux gives them (signal(7)). Invariant: a signal that comes out is one that can be sent.

import { nearest } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'

/** In the order of their numbers on x86 and arm, from 1. */
const signals = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
]

/** Real-time signals are counted from either end: 34 to 64, as libc numbers them. */
const realTime = /^SIG(?:RTMIN(?:\+(?:[1-9]|[12]\d|30))?|RTMAX(?:-(?:[1-9]|[12]\d|30))?)$/

/** `what` is what it is of: `stopSignal`; undefined when the text stands for itself. */
export function readSignal(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
  what?: string,
): string | undefined {
  const signal = reader.string(value, path)
  if (signal === undefined || signals.includes(signal) || realTime.test(signal)) return signal
  const guess = nameOf(signal)
  reader.refuse(path, {
    code: 'GT2112',
    summary:
      what === undefined
        ? `'${signal}' is not a signal`
        : `${what} '${signal}' of ${reader.subject} is not a signal`,
    ...(guess === undefined
      ? { notes: ["signals have names such as 'SIGTERM', 'SIGHUP' or 'SIGRTMIN+3'"] }
      : { label: `did you mean '${guess}'?` }),
  })
  return undefined
}

/** A number, a name without SIG, or nearly a name. */
function nameOf(written: string): string | undefined {
  if (/^\d+$/.test(written)) return signals[Number(written) - 1]
  const full = `SIG${written.toUpperCase().replace(/^SIG/, '')}`
  return signals.includes(full) || realTime.test(full) ? full : nearest(full, signals)
}
