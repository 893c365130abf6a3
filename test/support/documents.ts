// Stack documents and clusters for tests, made by hand: specs with every default filled in, and a state that is folded
// from what control decides, with agents that do what they are told. It knows nothing of plans or compilers.

import {
  allKeys,
  applyStack,
  destroyStack,
  recordReports,
  recordDeletedVolumes,
  runRound,
  secretsToGenerate,
  volumesToDelete,
} from '../../src/control/index.ts'
import type { Decide } from '../../src/control/index.ts'
import { applyChanges, documentDigest, emptyState, emptySources, isOver } from '../../src/model/index.ts'
import type {
  CompiledStack,
  JobSpec,
  MutableState,
  Node,
  ServiceSpec,
  Sources,
  Span,
  StackDocument,
  Task,
  TaskReport,
  TaskTemplate,
  VolumeSpec,
} from '../../src/model/index.ts'
import { documentOf, jobOf, serviceOf, templateOf, volumeOf } from '../../src/model/testing.ts'

export { after, afterJob } from '../../src/model/testing.ts'

export const template = (given: Partial<TaskTemplate> = {}): TaskTemplate =>
  templateOf({ image: { ref: 'app:1' }, ...given })

export function service(
  given: Partial<TaskTemplate> = {},
  rest: Partial<Omit<ServiceSpec, 'template'>> = {},
): ServiceSpec {
  return serviceOf({ template: template(given), ...rest })
}

export function job(
  given: Partial<TaskTemplate> = {},
  rest: Partial<Omit<JobSpec, 'template'>> = {},
): JobSpec {
  return jobOf({ template: template(given), ...rest })
}

/** One that any number of tasks may use. */
export const volume = (given: Partial<VolumeSpec> = {}): VolumeSpec =>
  volumeOf({ access: 'shared', ...given })

export function text(value: string): TaskTemplate['env'][string] {
  return { text: [value] }
}

export function stackDocument(stack: string, given: Partial<StackDocument> = {}): StackDocument {
  return { ...documentOf({}, stack), ...given }
}

export function compiled(document: StackDocument, sources: Sources = emptySources): CompiledStack {
  return { document, digest: documentDigest(document), sources }
}

/** The span of a whole line. */
export function line(number: number, file = 'shop.stack.ts'): Span {
  return { file, line: number, column: 1, endLine: number, endColumn: 80, start: 0, end: 0 }
}

export function node(id: string, given: Partial<Node> = {}): Node {
  return {
    id,
    name: id,
    status: 'ready',
    statusSince: 0,
    availability: 'active',
    platform: { os: 'linux', arch: 'amd64' },
    engine: '20.10.24',
    agent: '0.1.0',
    capacity: { cpu: 4000, memory: 4 * 1024 ** 3 },
    labels: {},
    sealKey: 'XKEY',
    joinedAt: 0,
    ...given,
  }
}

/** How a task on its way reports itself; undefined: it says nothing. */
export type Behaviour = (task: Task) => Partial<TaskReport> | undefined

const wellBehaved: Behaviour = (task) =>
  task.desired === 'stop'
    ? { phase: 'stopped' }
    : task.kind === 'job'
      ? { phase: 'complete', exitCode: 0 }
      : { phase: 'running', health: 'healthy' }

/** A cluster whose leader is `runRound` and whose agents report once an interval. */
export class TestCluster {
  readonly state: MutableState = emptyState()
  now = 1_700_000_000_000
  #plans = 0

  constructor(nodes: readonly Node[] = [node('h1')]) {
    applyChanges(this.state, [
      {
        table: 'cluster',
        key: 'cluster',
        value: { id: 'c1', createdAt: 0, serial: 0, heartbeatMs: 2000, suspectMs: 6000, lostMs: 10_000 },
      },
      ...nodes.map((each) => ({ table: 'nodes' as const, key: each.id, value: each })),
    ])
    this.state.seq = 1
  }

  /** One round of the leader; every key is looked at, as a new leader does. */
  round(...given: Decide[]): void {
    runRound(this.state, given, allKeys(this.state), this.now)
    this.state.seq += 1
  }

  /** Applies and does not wait. Throws when it is refused. */
  apply({ document, sources }: CompiledStack, planId = `test-plan-${++this.#plans}`): number {
    let version = 0
    this.round((state) => {
      const decision = applyStack(
        state,
        {
          document,
          sources,
          planId,
          baseVersion: state.stacks.get(document.stack)?.version ?? 0,
          by: 'tester',
          generated: new Map(
            [...secretsToGenerate(document, state).keys()].map((address) => [
              address,
              { dataKey: 'SEALED-KEY', ciphertext: 'SEALED-VALUE' },
            ]),
          ),
        },
        this.now,
      )
      if (!decision.ok) throw new Error(decision.what)
      version = decision.version
      return { cause: { by: 'tester', what: decision.what }, changes: decision.changes }
    })
    return version
  }

  /** Every agent reports once what its tasks do; time goes on by `ms`. */
  report(behave: Behaviour = wellBehaved, ms = 1000): void {
    this.now += ms
    const given: Decide[] = []
    for (const { id, status } of this.state.nodes.values()) {
      if (status !== 'ready') continue
      const reports = [...this.state.tasks.values()]
        .filter((task) => task.node === id && !isOver(task))
        .flatMap((task) => {
          const report = behave(task)
          return report ? [reportOf(task, report)] : []
        })
      const deleted = volumesToDelete(this.state, id)
      given.push((state) => ({
        cause: { by: id, what: 'report' },
        changes: [
          ...recordReports(state, id, reports, this.now),
          ...recordDeletedVolumes(state, id, deleted),
        ],
      }))
    }
    this.round(...given)
  }

  /** Reports until nothing changes any more for longer than any timer of the documents here. */
  settle(behave: Behaviour = wellBehaved): void {
    let quiet = 0
    for (let rounds = 0; quiet < 60; rounds++) {
      if (rounds > 5000) throw new Error('the test cluster does not come to rest')
      const before = this.#fingerprint()
      this.report(behave, 10_000)
      quiet = this.#fingerprint() === before ? quiet + 1 : 0
    }
  }

  /** Applies and runs to the end. */
  applyToTheEnd(stack: CompiledStack, behave: Behaviour = wellBehaved): number {
    const version = this.apply(stack)
    this.settle(behave)
    return version
  }

  destroyToTheEnd(stack: string, deleteVolumes: readonly string[] = []): void {
    this.destroy(stack, deleteVolumes)
    this.settle()
  }

  /** Begins the end of a stack and does not wait. */
  destroy(stack: string, deleteVolumes: readonly string[] = []): number {
    let version = 0
    this.round((state) => {
      const baseVersion = state.stacks.get(stack)?.version ?? 0
      const decision = destroyStack(state, { stack, baseVersion, deleteVolumes, by: 'tester' })
      if (!decision.ok) throw new Error(decision.what)
      version = decision.version
      return { cause: { by: 'tester', what: decision.what }, changes: decision.changes }
    })
    return version
  }

  #fingerprint(): string {
    const { tasks, services, jobs, volumes, stacks } = this.state
    return JSON.stringify([[...tasks], [...services], [...jobs], [...volumes], [...stacks.keys()]])
  }
}

function reportOf(task: Task, given: Partial<TaskReport>): TaskReport {
  return {
    task: task.id,
    phase: 'running',
    health: 'unknown',
    restarts: 0,
    exitCode: null,
    message: null,
    containerId: `container-of-${task.id}`,
    ip: '172.18.0.2',
    ...given,
  }
}
