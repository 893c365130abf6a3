// A log as a busy cluster writes it: stacks are applied, tasks are assigned, come up, end and come back. Every change is
// decided by the real controllers and written as the real record, and chance comes from a seed, so that each run folds
// the same log.

import { applyStack, recordReports, runRound } from '../../src/control/index.ts'
import type { Decide } from '../../src/control/index.ts'
import {
  applyChanges,
  emptySources,
  emptyState,
  encodeRecord,
  foldRecord,
  noRecord,
  recordFormat,
} from '../../src/model/index.ts'
import type { Change, CommitRecord, LogRecord, Task, TaskReport } from '../../src/model/index.ts'
import type { StoredRecord } from '../../src/server/index.ts'
import { Chance } from '../../src/sim/index.ts'
import { node, service, stackDocument, text } from '../support/documents.ts'

export interface HistorySize {
  readonly records: number
  /** Default 50. */
  readonly nodes?: number
  /** Each with one service; default 100. */
  readonly stacks?: number
  /** Of each service; default 20. */
  readonly replicas?: number
}

export interface History {
  readonly records: readonly StoredRecord[]
  /** Changes in all of them. */
  readonly rows: number
  readonly bytes: number
}

export function writeHistory({ records, nodes = 50, stacks = 100, replicas = 20 }: HistorySize): History {
  const writer = new Writer()
  writer.found(nodes)
  for (let number = 1; number <= stacks; number += 1) writer.apply(`stack-${number}`, replicas)
  while (writer.records.length < records) writer.report()
  return writer
}

/** What a task is likely to say next, by what it said last. */
const next: Readonly<Record<string, Partial<TaskReport>>> = {
  assigned: { phase: 'preparing' },
  preparing: { phase: 'starting' },
  starting: { phase: 'running', health: 'healthy' },
  running: { phase: 'backoff', exitCode: 1, message: 'exit code 1; starts again in 1 s (the 1st time)' },
  backoff: { phase: 'starting' },
}

class Writer implements History {
  readonly records: StoredRecord[] = []
  rows = 0
  bytes = 0
  readonly #state = emptyState()
  readonly #chance = new Chance(1)
  #prev = noRecord
  #now = 1_790_000_000_000

  found(nodes: number): void {
    const term = { kind: 'term', term: 1, server: this.#chance.id(), at: this.#now } as const
    const record = { format: recordFormat, prev: this.#prev, ...term }
    foldRecord(this.#state, record, this.#append(record))
    const limits = { heartbeatMs: 2000, suspectMs: 6000, lostMs: 10_000 }
    const cluster = { id: this.#chance.id(), createdAt: this.#now, serial: 0, ...limits }
    const capacity = { cpu: 4000, memory: 64 * 1024 ** 3 }
    const changes: Change[] = [
      { table: 'cluster', key: 'cluster', value: cluster },
      ...Array.from({ length: nodes }, (): Change => {
        const id = this.#chance.id()
        return { table: 'nodes', key: id, value: node(id, { capacity }) }
      }),
    ]
    applyChanges(this.#state, changes)
    this.#commit([{ cause: { by: 'leader', what: 'found the cluster' }, changes }])
  }

  apply(stack: string, replicas: number): void {
    const template = {
      image: { ref: 'registry.example/shop/api:2.1.0' },
      env: { LOG: text('info'), DATABASE: text('postgres://app@db.shop.internal:5432/shop') },
      ports: { http: { container: 8080, protocol: 'http' as const } },
      resources: { cpu: 100, memory: 64 * 1024 ** 2 },
    }
    const document = stackDocument(stack, { services: { api: service(template, { replicas }) } })
    this.#decide((state) => {
      const wish = { document, sources: emptySources, planId: this.#chance.id(), baseVersion: 0, by: 'admin' }
      const decision = applyStack(state, { ...wish, generated: new Map() }, this.#now)
      if (!decision.ok) throw new Error(decision.what)
      return { cause: { by: 'admin', what: decision.what }, changes: decision.changes }
    })
  }

  /** One agent says how one or two of its tasks are. */
  report(): void {
    this.#now += this.#chance.between(1, 20)
    const on = this.#oneOf([...this.#state.tasksByNode.keys()])
    const tasks = [...(this.#state.tasksByNode.get(on) ?? [])]
    const reports = Array.from({ length: this.#chance.between(1, 2) }, () =>
      this.#state.tasks.get(this.#oneOf(tasks)),
    ).flatMap((task) => (task ? [this.#reportOf(task)] : []))
    this.#decide((state) => ({
      cause: { by: `node ${on}`, what: `node ${on} reported` },
      changes: recordReports(state, on, reports, this.#now),
    }))
  }

  #reportOf({ id, status }: Task): TaskReport {
    const { phase = 'running', ...rest } = next[status.phase] ?? {}
    const hasEnded = phase === 'backoff'
    return {
      task: id,
      phase,
      health: 'unknown',
      restarts: status.restarts + (hasEnded ? 1 : 0),
      exitCode: null,
      message: null,
      containerId:
        phase === 'starting' ? Buffer.from(this.#chance.bytes(32)).toString('hex') : status.containerId,
      ip: phase === 'running' ? `172.18.${this.#chance.between(0, 9)}.${this.#chance.between(2, 250)}` : null,
      ...rest,
    }
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    const item = items[this.#chance.between(0, items.length - 1)]
    if (item === undefined) throw new Error('one of nothing')
    return item
  }

  #decide(decide: Decide): void {
    const { parts } = runRound(this.#state, [decide], [], this.#now)
    if (parts.length > 0) this.#commit(parts)
  }

  #commit(parts: CommitRecord['parts']): void {
    this.#state.at = this.#now
    this.rows += parts.reduce((sum, { changes }) => sum + changes.length, 0)
    const record: CommitRecord = {
      format: recordFormat,
      prev: this.#prev,
      kind: 'commit',
      term: 1,
      at: this.#now,
      parts,
    }
    this.#state.seq = this.#append(record)
  }

  #append(record: LogRecord): number {
    const { bytes, digest } = encodeRecord(record)
    const seq = this.records.length + 1
    this.records.push({ seq, bytes })
    this.bytes += bytes.length
    this.#prev = digest
    return seq
  }
}
