// The plugin's end of gantry's own process. Invariant: a process that ends is started again only a few times, because one
// that cannot run would be started for every letter; nothing here throws at whoever asks.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Ask, Tell } from './wire.ts'

const startLimit = 5

export interface CheckProcess {
  /** False when no process can be had. */
  ask(ask: Ask): boolean
  close(): void
}

export interface CheckProcessOptions {
  /** Undefined: there is no Node to run it on. */
  readonly node: string | undefined
  /** Path of server.js. */
  readonly server: string
  readonly log: (line: string) => void
  readonly onTell: (tell: Tell) => void
  /** Every question that has no answer yet will have none. */
  readonly onEnd: () => void
}

export function openCheckProcess(options: CheckProcessOptions): CheckProcess {
  const { node, server, log, onTell, onEnd } = options
  let child: ChildProcess | undefined
  let starts = 0
  const start = (): ChildProcess | undefined => {
    if (node === undefined || starts >= startLimit) return undefined
    starts += 1
    const started = spawn(node, ['--disable-warning=ExperimentalWarning', server], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const end = (why: string): void => {
      if (child !== started) return
      child = undefined
      log(`the check ended: ${why}`)
      onEnd()
    }
    started.on('error', (error) => end(error.message))
    started.on('exit', (code, signal) => end(`exit ${code ?? signal ?? ''}`))
    started.stdin.on('error', (error) => end(error.message))
    started.stderr.on('data', (chunk: Buffer) => log(chunk.toString('utf8').trimEnd()))
    createInterface({ input: started.stdout, crlfDelay: Infinity }).on('line', (line) => {
      try {
        onTell(JSON.parse(line) as Tell) // written by server.ts of the same version
      } catch (error) {
        log(`an answer could not be used: ${String(error)}`)
      }
    })
    // The editor may end while a check goes on.
    started.unref()
    return started
  }
  return {
    close() {
      starts = startLimit
      const ended = child
      child = undefined
      ended?.kill()
    },
    ask(ask) {
      child ??= start()
      if (!child?.stdin?.writable) return false
      child.stdin.write(`${JSON.stringify(ask)}\n`)
      return true
    },
  }
}
