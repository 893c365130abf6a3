// Runs a program and measures it from outside: from the moment it is started until it has ended and its output is read,
// and the processor time it and its own children took. Invariant: one at a time, because the kernel adds up the
// processor time of all children that have ended.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Timed {
  readonly ms: number
  /** In steps of 10 ms, as the kernel counts. */
  readonly cpuMs: number
  readonly out: string
  /** Lines of its standard output, each with the moment it came, in milliseconds since the epoch. */
  readonly lines: readonly { readonly at: number; readonly text: string }[]
}

export interface TimedOptions {
  readonly signal: AbortSignal
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Throws with what it said when it does not exit with 0. */
export async function timed(
  file: string,
  args: readonly string[],
  { signal, cwd, env }: TimedOptions,
): Promise<Timed> {
  signal.throwIfAborted()
  const cpuBefore = childrenCpuMs()
  const began = performance.now()
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  const lines: { at: number; text: string }[] = []
  let out = ''
  let err = ''
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part
    const whole = (rest + part).split('\n')
    rest = whole.pop() ?? ''
    const at = performance.timeOrigin + performance.now()
    for (const text of whole) lines.push({ at, text })
  })
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part))
  const end = () => child.kill('SIGTERM')
  signal.addEventListener('abort', end, { once: true })
  // An interrupted program is waited for too: what it has begun it takes back.
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => signal.removeEventListener('abort', end))
  const ms = performance.now() - began
  signal.throwIfAborted()
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code ?? 'a signal'}: ${err || out}`)
  return { ms, cpuMs: childrenCpuMs() - cpuBefore, out, lines }
}

/** Nothing of the surroundings that changes how Node or gantry run. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const left = /^(?:NODE_|npm_|GANTRY_|DOCKER_|FORCE_COLOR|V8_)/
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !left.test(name))),
    NO_COLOR: '1',
  }
}

const msPerTick = 10 // USER_HZ is 100 on every Linux that Node runs on

/** Fields 16 and 17 of /proc/self/stat: proc(5). */
function childrenCpuMs(): number {
  return cpuOf('self', 13, 14)
}

/** Processor time that a process has taken so far, without its children; 0 when it is gone. */
export function processCpuMs(pid: number): number {
  return cpuOf(String(pid), 11, 12)
}

function cpuOf(pid: string, user: number, system: number): number {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return 0
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[user]) + Number(fields[system])) * msPerTick
}
