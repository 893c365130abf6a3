// Whether a running container is fit: what a probe's outcomes mean, and the loop that probes one container. Invariant: a
// container is unhealthy only after as many failures in a row as its probe allows, and only once it has been healthy;
// an outcome that nobody knows (the engine was away) counts for nothing. What follows from it is decided elsewhere.

import { unreachable } from '../model/index.ts'
import type { Clock, Duration, TaskTemplate } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { RuntimeFailure } from './ports.ts'
import type { ContainerInfo, Prober, ProbeOutcome } from './ports.ts'

export type Probe = NonNullable<TaskTemplate['health']>

export interface Vital {
  /** It has been healthy once. */
  readonly isProven: boolean
  readonly isHealthy: boolean
  readonly failuresInARow: number
  /** Of the last probe; null when it succeeded. */
  readonly message: string | null
}

/** Without a probe a container is healthy while it runs; one that was healthy before counts on where it stood. */
export function firstVital(probe: Probe | undefined, wasProven: boolean): Vital {
  const isFit = probe === undefined || wasProven
  return { isProven: isFit, isHealthy: isFit, failuresInARow: 0, message: null }
}

export function afterProbe(vital: Vital, outcome: ProbeOutcome, probe: Probe): Vital {
  if (outcome.ok) return { isProven: true, isHealthy: true, failuresInARow: 0, message: null }
  const failuresInARow = vital.failuresInARow + 1
  return {
    isProven: vital.isProven,
    isHealthy: vital.isProven && failuresInARow < probe.failures,
    failuresInARow,
    message: outcome.message ?? 'the probe failed',
  }
}

/** Starting containers are probed fast, so that a healthy one counts in fractions of a second; an exec costs more. */
const startingMs = { http: 100, tcp: 100, grpc: 100, exec: 250 } as const

export function nextProbeIn(vital: Vital, probe: Probe): Duration {
  return vital.isProven ? probe.intervalMs : startingMs[probe.check.kind]
}

export interface Watched {
  readonly container: ContainerInfo
  readonly template: TaskTemplate
  readonly engine: Engine
  readonly prober: Prober
  readonly clock: Clock
}

/** Margin beyond a probe's own timeout after which it is given up. */
const marginMs = 500

/** Probes until the signal; calls `onVital` after each outcome. */
export async function watchHealth(
  watched: Watched,
  probe: Probe,
  first: Vital,
  onVital: (vital: Vital) => void,
  signal: AbortSignal,
): Promise<void> {
  let vital = first
  while (!signal.aborted) {
    const outcome = await probeOnce(watched, probe, signal)
    if (outcome) {
      vital = afterProbe(vital, outcome, probe)
      onVital(vital)
    }
    await watched.clock.sleep(nextProbeIn(vital, probe), signal)
  }
}

/** Null when it is not known. */
async function probeOnce(
  { container, template, engine, prober }: Watched,
  { check, timeoutMs }: Probe,
  signal: AbortSignal,
): Promise<ProbeOutcome | null> {
  const limitMs = timeoutMs + marginMs
  try {
    if (check.kind === 'exec') {
      const { exitCode, output } = await engine.within('a probe', limitMs, signal, (runtime) =>
        runtime.exec(container.id, check.command, timeoutMs),
      )
      return exitCode === 0
        ? { ok: true, message: null }
        : { ok: false, message: execMessage(exitCode, output) }
    }
    const port = template.ports[check.port]?.container
    if (port === undefined) return { ok: false, message: `the task has no port ${check.port}` }
    const { ip } = container
    if (ip === null) return { ok: false, message: 'the container has no address' }
    return await engine.within('a probe', limitMs, signal, () => {
      switch (check.kind) {
        case 'http':
          return prober.http({ ip, port, path: check.path }, timeoutMs)
        case 'tcp':
          return prober.tcp({ ip, port }, timeoutMs)
        case 'grpc':
          return prober.grpc({ ip, port, service: check.service }, timeoutMs)
        default:
          return unreachable(check)
      }
    })
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error
    if (error.kind === 'gone') return null // what became of it is told by the engine's events
    if (error.kind === 'unavailable' && check.kind === 'exec') return null
    return { ok: false, message: error.message }
  }
}

function execMessage(exitCode: number, output: string): string {
  const line = output.trim().split('\n')[0] ?? ''
  return `exit code ${exitCode}${line === '' ? '' : `: ${line.slice(0, 200)}`}`
}
