// Many simulated nodes in one process, for measuring what a leader can carry: each says hello, sends heartbeats, takes
// its assignments and reports its tasks as they were told to run, healthy at once. Invariant: it speaks the agents' own
// protocol over a real connection to NATS, as far as a leader can tell. It runs no containers, keeps nothing on a
// disk, and stands on one connection with the rights of a server, where real nodes have one each with their own.

import process from 'node:process'
import { connect } from '@nats-io/transport-node'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { proofOf } from '../../src/adapters/nats/connection.ts'
import type { Credentials } from '../../src/adapters/nats/index.ts'
import {
  assignmentSet,
  decodeJson,
  encodeJson,
  heartbeatReply,
  helloReply,
  protocolVersion,
  subjects,
} from '../../src/model/index.ts'
import type { AssignmentSet, HelloRequest, NodeMessage, TaskReport } from '../../src/model/index.ts'

export interface FleetSpec {
  readonly url: string
  /** Of a server. */
  readonly credentials: Credentials
  readonly nodes: number
}

export type FleetCommand =
  /** This many tasks a second end and are started again by their agents; 0 ends it. */
  { readonly churn: number }

/** What a fleet says of itself, four times a second. */
export interface FleetNews {
  readonly ready: number
  /** Tasks that nodes were told to run. */
  readonly assigned: number
  /** Milliseconds since the epoch at which the last of them was assigned. */
  readonly lastAssignedAt: number
  /** Of them: reported as running, and the report was taken. */
  readonly reported: number
  /** Questions that had no answer in time. */
  readonly unanswered: number
  /** Slowest answer to a heartbeat since the last news, in milliseconds. */
  readonly slowestHeartbeatMs: number
  readonly sets: number
  readonly wholeSets: number
}

const answerWithinMs = 10_000
const newsEveryMs = 250

interface FleetNode {
  readonly id: string
  readonly running: Map<string, number>
  readonly outbox: Map<string, TaskReport>
  session: string
  term: number
  version: number
  reports: number
  isReporting: boolean
}

export class Fleet {
  readonly #spec: FleetSpec
  readonly #nodes: FleetNode[] = []
  readonly #byId = new Map<string, FleetNode>()
  readonly #waiting = new Map<string, (data: Uint8Array | null) => void>()
  #connection: NatsConnection | null = null
  #serial = 0
  #heartbeatMs = 2000
  #churn = 0
  #ready = 0
  #assigned = 0
  #lastAssignedAt = 0
  #reported = 0
  #unanswered = 0
  #slowest = 0
  #sets = 0
  #wholeSets = 0

  constructor(spec: FleetSpec) {
    this.#spec = spec
    for (let number = 1; number <= spec.nodes; number += 1) {
      const node: FleetNode = {
        id: `sim-${number}`,
        running: new Map(),
        outbox: new Map(),
        session: '',
        term: 0,
        version: 0,
        reports: 0,
        isReporting: false,
      }
      this.#nodes.push(node)
      this.#byId.set(node.id, node)
    }
  }

  async start(): Promise<void> {
    const { url, credentials } = this.#spec
    this.#connection = await connect({
      servers: [url],
      name: 'fleet',
      ...proofOf(credentials),
      inboxPrefix: 'gantry.inbox.server',
    })
    this.#connection.subscribe('gantry.inbox.node.*.*', {
      callback: (_, message) => this.#answered(message.subject.split('.')[4] ?? '', message),
    })
    this.#connection.subscribe(subjects.anyNode('assign'), {
      callback: (_, message) => this.#assign(message),
    })
    // A few at a time, as hosts come up; the leader refuses what is too much at once.
    const queue = [...this.#nodes]
    const work = async () => {
      for (let node = queue.shift(); node; node = queue.shift()) await this.#hello(node)
    }
    await Promise.all(Array.from({ length: 64 }, work))
    for (const [index, node] of this.#nodes.entries())
      setTimeout(() => void this.#beat(node), (index / this.#nodes.length) * this.#heartbeatMs)
    setInterval(() => this.#endSome(), 100)
  }

  set churn(tasksPerSecond: number) {
    this.#churn = tasksPerSecond
  }

  news(): FleetNews {
    const slowestHeartbeatMs = this.#slowest
    this.#slowest = 0
    return {
      ready: this.#ready,
      assigned: this.#assigned,
      lastAssignedAt: this.#lastAssignedAt,
      reported: this.#reported,
      unanswered: this.#unanswered,
      slowestHeartbeatMs,
      sets: this.#sets,
      wholeSets: this.#wholeSets,
    }
  }

  async #hello(node: FleetNode): Promise<void> {
    const greeting: HelloRequest = {
      protocol: protocolVersion,
      boot: `boot-of-${node.id}`,
      name: node.id,
      term: node.term,
      version: node.version,
      platform: { os: 'linux', arch: 'amd64' },
      engine: '20.10.24',
      agent: '0.1.0',
      capacity: { cpu: 4000, memory: 16 * 1024 ** 3 },
      labels: {},
      sealKey: `key-of-${node.id}`,
    }
    for (;;) {
      const reply = helloReply.safeParse(await this.#ask(node, 'hello', greeting))
      if (!reply.success || !reply.data.ok) continue
      if (node.session === '') this.#ready += 1
      node.session = reply.data.session
      node.reports = 0
      this.#heartbeatMs = reply.data.heartbeatMs
      this.#take(node, reply.data.assignments)
      return
    }
  }

  async #beat(node: FleetNode): Promise<void> {
    for (;;) {
      const began = performance.now()
      const { session, term, version } = node
      const reply = heartbeatReply.safeParse(await this.#ask(node, 'heartbeat', { session, term, version }))
      this.#slowest = Math.max(this.#slowest, performance.now() - began)
      if (reply.success && !reply.data.ok) await this.#hello(node)
      else if (reply.success && reply.data.ok && reply.data.assignments)
        this.#take(node, reply.data.assignments)
      const left = this.#heartbeatMs - (performance.now() - began)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)))
    }
  }

  #assign(message: Msg): void {
    const node = this.#byId.get(message.subject.split('.')[2] ?? '')
    const set = assignmentSet.safeParse(decodeJson(message.data))
    if (!node || !set.success) return
    if (set.data.term >= node.term && (set.data.base === null || set.data.base === node.version))
      this.#take(node, set.data)
    message.respond(encodeJson({ term: node.term, version: node.version }))
  }

  #take(node: FleetNode, set: AssignmentSet): void {
    node.term = set.term
    node.version = set.version
    this.#sets += 1
    if (set.base === null) this.#wholeSets += 1
    for (const { task, desired } of set.set)
      if (desired === 'stop') {
        if (node.running.delete(task)) this.#assigned -= 1
        this.#report(node, task, { phase: 'stopped' })
      } else if (!node.running.has(task)) {
        node.running.set(task, 0)
        this.#assigned += 1
        this.#lastAssignedAt = Date.now()
        this.#report(node, task, { phase: 'running', health: 'healthy' })
      }
    for (const task of set.remove) if (node.running.delete(task)) this.#assigned -= 1
  }

  #report(node: FleetNode, task: string, given: Partial<TaskReport>): void {
    node.outbox.set(task, {
      task,
      phase: 'running',
      health: 'unknown',
      restarts: node.running.get(task) ?? 0,
      exitCode: null,
      message: null,
      containerId: `c${'0'.repeat(56)}${task.slice(-7)}`,
      ip: '172.18.0.2',
      ...given,
    })
    if (!node.isReporting) void this.#flush(node)
  }

  async #flush(node: FleetNode): Promise<void> {
    node.isReporting = true
    await Promise.resolve() // everything of this turn goes together
    while (node.outbox.size > 0) {
      const tasks = [...node.outbox.values()]
      node.outbox.clear()
      node.reports += 1
      const { session, term, reports: number } = node
      const body = { session, term, number, tasks, deletedVolumes: [] }
      const reply = heartbeatReply.safeParse(await this.#ask(node, 'report', body))
      if (reply.success && reply.data.ok) {
        this.#reported += tasks.filter(({ phase }) => phase === 'running').length
        continue
      }
      for (const each of tasks) if (!node.outbox.has(each.task)) node.outbox.set(each.task, each)
      if (reply.success) await this.#hello(node)
    }
    node.isReporting = false
  }

  /** Ends as many tasks as a tenth of a second has; each comes back as its agent would bring it back. */
  #endSome(): void {
    const count = this.#churn / 10
    const whole = Math.floor(count) + (Math.random() < count % 1 ? 1 : 0)
    for (let ended = 0; ended < whole; ended += 1) {
      const node = this.#nodes[Math.floor(Math.random() * this.#nodes.length)]
      const tasks = node ? [...node.running.keys()] : []
      const task = tasks[Math.floor(Math.random() * tasks.length)]
      if (!node || task === undefined) continue
      node.running.set(task, (node.running.get(task) ?? 0) + 1)
      this.#report(node, task, { phase: 'backoff', exitCode: 1, message: 'exit code 1; starts again in 1 s' })
      const later = (afterMs: number, status: Partial<TaskReport>) =>
        setTimeout(() => {
          if (node.running.has(task)) this.#report(node, task, status)
        }, afterMs)
      later(1000, { phase: 'starting' })
      later(1500, { phase: 'running', health: 'healthy' })
    }
  }

  /** The parsed answer; null without one. */
  async #ask(node: FleetNode, message: NodeMessage, body: object): Promise<unknown> {
    const token = (this.#serial++).toString(36)
    const data = await new Promise<Uint8Array | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), answerWithinMs)
      this.#waiting.set(token, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      const reply = `gantry.inbox.node.${node.id}.${token}`
      this.#connection?.publish(subjects.node(node.id, message), encodeJson(body), { reply })
    })
    this.#waiting.delete(token)
    if (data === null) {
      this.#unanswered += 1
      // Nobody serves the subject: there is no leader now.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return data === null ? null : decodeJson(data)
  }

  #answered(token: string, message: Msg): void {
    const isNobody = message.data.length === 0 && message.headers?.code === 503
    this.#waiting.get(token)?.(isNobody ? null : message.data)
  }
}

/** The process that a test forks, with its `FleetSpec` as the argument. */
if (import.meta.main) {
  const fleet = new Fleet(JSON.parse(process.argv[2] ?? '') as FleetSpec) // written by the test that forked it
  process.on('message', (command: FleetCommand) => (fleet.churn = command.churn))
  process.on('disconnect', () => process.exit(0)) // whoever forked it is gone
  setInterval(() => process.send?.(fleet.news()), newsEveryMs)
  await fleet.start()
}
