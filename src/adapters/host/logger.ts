// The log of a process for its operators: JSON lines to standard error, or to a file that is kept below a limit.
// Invariant: logging never throws and never loses a line that was written before a crash (every write is synchronous).
// What may be in a line is the caller's business: secrets never are.

import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'
import type { Bytes, Logger } from '../../model/index.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface NamedLogger extends Logger {
  /** A logger whose lines carry `parent/name`. */
  child(name: string): NamedLogger
}

export interface LoggerOptions {
  /** Who writes, in every line: `server`, `agent`. */
  readonly name: string
  /** Lines below it are dropped; default `info`. */
  readonly level?: LogLevel
  /** Default: standard error. Its folder is made when it is not there. */
  readonly file?: string
  /** When the file grows past it, it becomes `<file>.1` and a new one begins; default 16 MiB. */
  readonly limitBytes?: Bytes
}

const defaultLimitBytes = 16 * 1024 * 1024

export function createLogger({ name, level = 'info', file, limitBytes }: LoggerOptions): NamedLogger {
  const destination =
    file === undefined
      ? pino.destination({ dest: 2, sync: true })
      : new LogFile(file, limitBytes ?? defaultLimitBytes)
  const root = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  )
  const named = (whole: string): NamedLogger => {
    const lines = root.child({ name: whole })
    return {
      debug: (fields, message) => lines.debug(fields, message),
      info: (fields, message) => lines.info(fields, message),
      warn: (fields, message) => lines.warn(fields, message),
      error: (fields, message) => lines.error(fields, message),
      child: (part) => named(`${whole}/${part}`),
    }
  }
  return named(name)
}

/** Appends lines to a file, with one older file beside it. */
class LogFile {
  readonly #path: string
  readonly #limit: Bytes
  #descriptor: number
  #size: Bytes
  #lost = 0

  constructor(path: string, limit: Bytes) {
    this.#path = path
    this.#limit = limit
    mkdirSync(dirname(path), { recursive: true })
    this.#descriptor = openSync(path, 'a', 0o640)
    this.#size = fstatSync(this.#descriptor).size
  }

  write(line: string): void {
    try {
      if (this.#size > this.#limit) this.#turnOver()
      if (this.#lost > 0) {
        const lost = this.#lost
        this.#append(`${JSON.stringify({ level: 'warn', msg: `${lost} lines could not be written here` })}\n`)
        this.#lost = 0
      }
      this.#append(line)
    } catch {
      // A full disk must not stop an orchestrator that only wanted to say something; the next line that fits says
      // how many are missing.
      this.#lost += 1
    }
  }

  #append(text: string): void {
    const bytes = Buffer.from(text)
    for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor, bytes, done)
    this.#size += bytes.length
  }

  #turnOver(): void {
    renameSync(this.#path, `${this.#path}.1`)
    const next = openSync(this.#path, 'a', 0o640)
    closeSync(this.#descriptor)
    this.#descriptor = next
    this.#size = 0
  }
}
