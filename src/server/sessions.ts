// The leader's side of the agents' sessions: hello, heartbeat, report, and the assignments each node holds. Invariant:
// an agent is told only what a majority has copied of the log, and always together with the term and the version it
// follows from; what an agent says counts for its own node only. What a store loses before that was never told: a try of
// a job that runs somewhere is one that the next leader knows of. A report is answered sooner, since whoever has another
// leader says hello and reports all again. Sessions live in memory: a new leader starts with none, and agents say hello.

import {
  leasesOf,
  recordDeletedVolumes,
  recordHello,
  recordNodeStatus,
  recordReports,
  recordTrouble,
  statusAfterSilence,
  tasksGiven,
  volumesToDelete,
} from '../control/index.ts'
import {
  assignReply,
  decodeJson,
  encodeJson,
  helloRequest,
  heartbeatRequest,
  messageOf,
  reportRequest,
  subjects,
} from '../model/index.ts'
import type {
  BusMessage,
  BusSubscription,
  Change,
  ClusterState,
  Duration,
  HeartbeatReply,
  HeartbeatRequest,
  HelloReply,
  Instant,
  NodeId,
  NodeMessage,
  Secret,
  Seq,
} from '../model/index.ts'
import { attempt } from './desk.ts'
import type { Desk } from './desk.ts'
import { partialSet, wholeSet } from './sets.ts'

interface Session {
  readonly id: string
  readonly node: NodeId
  /** What the agent is known to hold; null after a set that it may not have taken, until its next heartbeat. */
  version: Seq | null
  /** What it is to be told next; null when nothing changed. */
  news: Set<string> | null
  isTelling: boolean
  /** Number of the newest report. */
  reported: number
  /** Volumes it has been told to delete. */
  deletions: string
}

/** What the id of a node looks like: a token of a subject, and a file name. */
const nodePattern = /^[A-Za-z0-9_-]{1,64}$/

/** How long an agent may take to answer `assign`. */
const assignTimeoutMs = 5000

export class Sessions {
  readonly #desk: Desk
  readonly #sessions = new Map<NodeId, Session>()
  /** When each node was heard last, by the monotonic clock, the longest silent first. */
  readonly #heard = new Map<NodeId, number>()

  constructor(desk: Desk) {
    this.#desk = desk
    const now = desk.leadership.clock.monotonic()
    // A new leader cannot know who was silent before it led.
    for (const node of desk.leadership.state.nodes.keys()) this.#heard.set(node, now)
  }

  serve(): BusSubscription[] {
    const { bus } = this.#desk.leadership
    const on = (message: NodeMessage, handle: (node: NodeId, body: unknown) => Promise<object | null>) =>
      bus.serve(subjects.anyNode(message), async (received: BusMessage) => {
        const node = received.subject.split('.')[2] ?? ''
        const reply = await handle(node, decodeJson(received.data))
        return reply ? encodeJson(reply) : null
      })
    return [
      on('hello', (node, body) => this.#hello(node, body)),
      on('heartbeat', (node, body) => this.#heartbeat(node, body)),
      on('report', (node, body) => this.#report(node, body)),
    ]
  }

  /** How long a node has not been heard. */
  silenceOf(node: NodeId): Duration {
    const now = this.#desk.leadership.clock.monotonic()
    return now - (this.#heard.get(node) ?? now)
  }

  /** Nodes whose silence means more than their status says. */
  silent(state: ClusterState): NodeId[] {
    const { cluster } = state
    if (!cluster) return []
    const found: NodeId[] = []
    for (const node of this.#heard.keys()) {
      const silence = this.silenceOf(node)
      if (silence < cluster.suspectMs) break
      const status = state.nodes.get(node)?.status
      if (status !== undefined && status !== 'lost' && status !== statusAfterSilence(silence, cluster))
        found.push(node)
    }
    return found
  }

  /** When the next node may become suspect or lost. */
  nextSilence(state: ClusterState): Instant | null {
    const { cluster } = state
    if (!cluster) return null
    let least: Duration | null = null
    for (const node of this.#heard.keys()) {
      const silence = this.silenceOf(node)
      // Those that follow were heard later still.
      if (least !== null && cluster.suspectMs - silence >= least) break
      const status = state.nodes.get(node)?.status
      if (status === undefined || status === 'lost') continue
      const left = Math.max(0, (status === 'ready' ? cluster.suspectMs : cluster.lostMs) - silence)
      if (least === null || left < least) least = left
    }
    return least === null ? null : this.#desk.now() + Math.ceil(least)
  }

  /** Tells the nodes whose assignments, or the secrets in them, a commit changed; `undo` are the rows as they were. */
  tell(undo: readonly Change[]): void {
    const { state } = this.#desk.leadership
    for (const change of undo)
      if (change.table === 'secrets' && newestOf(change.value) !== newestOf(state.secrets.get(change.key)))
        for (const { id, node } of tasksGiven(state, change.key)) if (node !== null) this.#addNews(node, id)
    for (const { table, key, value: before } of undo) {
      if (table !== 'tasks') continue
      const after = state.tasks.get(key)
      for (const node of new Set([before?.node, after?.node]))
        if (node != null && isNewsFor(before, after)) this.#addNews(node, key)
    }
    // Any change of a task, a service or a job may have freed a volume that is to be deleted.
    const holders = new Set<NodeId>()
    for (const address of state.deletingVolumes) {
      const node = state.volumes.get(address)?.node
      if (node != null) holders.add(node)
    }
    for (const node of holders)
      if (this.#sessions.get(node)?.deletions !== deletionsOf(state, node)) this.#addNews(node, null)
  }

  #addNews(node: NodeId, task: string | null): void {
    const session = this.#sessions.get(node)
    if (!session) return
    session.news ??= new Set()
    if (task !== null) session.news.add(task)
    void this.#pushNews(session)
  }

  /** One set at a time to each agent; what changes meanwhile goes into the next. */
  async #pushNews(session: Session): Promise<void> {
    if (session.isTelling) return
    session.isTelling = true
    const { bus, logger, signal } = this.#desk.leadership
    try {
      while (session.news && this.#sessions.get(session.node) === session && !signal.aborted) {
        const base = session.version
        // Until the agent has answered that it took the set, nobody knows what it holds.
        session.version = null
        if (base === null) {
          session.news = null
          return
        }
        const set = await this.#desk.follow((state) => {
          // All that has changed up to this state, so that its version is true.
          const tasks = session.news ?? new Set()
          session.news = null
          session.deletions = deletionsOf(state, session.node)
          return partialSet(this.#desk.leadership, state, session.node, base, tasks)
        })
        const answer = assignReply.safeParse(
          decodeJson(
            await bus.request(subjects.node(session.node, 'assign'), encodeJson(set), {
              timeoutMs: assignTimeoutMs,
              signal,
            }),
          ),
        )
        // An agent that could not take it, or did not answer, gets the whole set with its next heartbeat.
        if (!answer.success || answer.data.version !== set.version) return
        session.version = set.version
      }
    } catch (error) {
      logger.debug({ node: session.node, reason: messageOf(error) }, 'an agent did not take its assignments')
    } finally {
      session.isTelling = false
    }
  }

  async #hello(node: NodeId, body: unknown): Promise<HelloReply | null> {
    const { leadership } = this.#desk
    const hello = helloRequest.safeParse(body)
    if (!hello.success)
      return { ok: false, term: leadership.term, reason: 'this agent speaks another version of the protocol' }
    const request = hello.data
    // It has seen a newer leader than this one; that one will answer it.
    if (request.term > leadership.term || !nodePattern.test(node)) return null
    return new Promise((resolve) => {
      let begun: Promise<HelloReply>
      this.#desk.submit({
        decide: (state) => ({
          cause: { by: `node ${node}`, what: `node ${request.name} said hello` },
          changes: recordHello(state, node, request, this.#desk.now()),
        }),
        // When it cannot be made the bus reports it, and the agent says hello again.
        done: (state) => {
          begun = attempt(() => this.#begin(state, node))
          begun.catch(() => undefined) // until it is given
        },
        acknowledged: () => resolve(begun),
        refused: () => resolve(null),
      })
    })
  }

  #begin(state: ClusterState, node: NodeId): HelloReply {
    const { entropy } = this.#desk.leadership
    const assignments = wholeSet(this.#desk.leadership, state, node)
    const session: Session = {
      id: entropy.id(),
      node,
      version: state.seq,
      news: null,
      isTelling: false,
      reported: 0,
      deletions: deletionsOf(state, node),
    }
    this.#sessions.set(node, session)
    this.#hear(node)
    return {
      ok: true,
      session: session.id,
      cluster: state.cluster?.id ?? '',
      heartbeatMs: state.cluster?.heartbeatMs ?? 2000,
      assignments,
    }
  }

  async #heartbeat(node: NodeId, body: unknown): Promise<HeartbeatReply | null> {
    const { term, state } = this.#desk.leadership
    const request = heartbeatRequest.safeParse(body)
    const session = this.#sessions.get(node)
    // An agent whose node was removed may come back as a new one, if it still may at all.
    if (!request.success || session?.id !== request.data.session || !state.nodes.has(node))
      return { ok: false, term, reason: 'no such session' }
    // Leases are counted by the agent from its sending of this, which was before.
    this.#hear(node)
    await this.#note(node, request.data)
    const reply = await this.#newsFor(session, request.data.version)
    if (!reply?.ok || !request.data.fenced) return reply
    const leases = await this.#leasesOf(node)
    return leases === null ? reply : { ...reply, leases }
  }

  async #newsFor(session: Session, held: Seq): Promise<HeartbeatReply | null> {
    const { node } = session
    const { term } = this.#desk.leadership
    if (session.isTelling || held === session.version) return { ok: true, term, assignments: null }
    return this.#desk
      .follow((state): HeartbeatReply => {
        // What is being told meanwhile would not follow from a set that overtakes it.
        if (session.isTelling) return { ok: true, term, assignments: null }
        const set = wholeSet(this.#desk.leadership, state, node)
        session.version = set.version
        session.news = null
        session.deletions = deletionsOf(state, node)
        return { ok: true, term, assignments: set }
      })
      .catch(() => null)
  }

  /**
   * Leases rest on an append that succeeded after the heartbeat came, so that a leader that was deposed without knowing
   * it keeps none alive; null when this one cannot prove that it leads.
   */
  async #leasesOf(node: NodeId): Promise<string[] | null> {
    return this.#desk.read((state) => leasesOf(state, node)).catch(() => null)
  }

  async #report(node: NodeId, body: unknown): Promise<HeartbeatReply | null> {
    const { term } = this.#desk.leadership
    const request = reportRequest.safeParse(body)
    if (!request.success) return { ok: false, term, reason: 'not a report' }
    const session = this.#sessions.get(node)
    if (session?.id !== request.data.session || request.data.term !== term)
      return { ok: false, term, reason: 'no such session' }
    this.#hear(node)
    const { number = session.reported + 1 } = request.data
    // A later one has come already, and holds all that is in this one.
    if (number <= session.reported) return { ok: true, term, assignments: null }
    session.reported = number
    return new Promise((resolve) => {
      this.#desk.submit({
        decide: (state) => ({
          cause: { by: `node ${node}`, what: `node ${node} reported` },
          changes: [
            ...recordNodeStatus(state, node, 'ready', this.#desk.now()),
            ...recordReports(state, node, request.data.tasks, this.#desk.now()),
            ...recordDeletedVolumes(state, node, request.data.deletedVolumes),
          ],
        }),
        done: () => resolve({ ok: true, term, assignments: null }),
        refused: () => resolve(null),
      })
    })
  }

  #hear(node: NodeId): void {
    this.#heard.delete(node)
    this.#heard.set(node, this.#desk.leadership.clock.monotonic())
  }

  /** What a heartbeat says besides that the node is there. */
  async #note(node: NodeId, { trouble }: Pick<HeartbeatRequest, 'trouble'>): Promise<void> {
    const row = this.#desk.leadership.state.nodes.get(node)
    if (row?.status === 'ready' && row.trouble === trouble) return
    await new Promise<void>((resolve) =>
      this.#desk.submit({
        decide: (current) => ({
          cause: {
            by: `node ${node}`,
            what:
              row?.status === 'ready'
                ? `node ${node}: ${trouble ?? 'nothing is wrong with it any more'}`
                : `node ${node} is heard again`,
          },
          changes: heardAgain(current, node, trouble, this.#desk.now()),
        }),
        done: () => resolve(),
        refused: () => resolve(),
      }),
    )
  }
}

function heardAgain(state: ClusterState, node: NodeId, trouble: string | undefined, now: Instant): Change[] {
  const ready = recordNodeStatus(state, node, 'ready', now)
  const [change] = ready
  const row = change?.table === 'nodes' ? change.value : state.nodes.get(node)
  if (!row) return []
  const troubled = recordTrouble(row, trouble)
  return troubled.length > 0 ? troubled : ready
}

function deletionsOf(state: ClusterState, node: NodeId): string {
  return volumesToDelete(state, node).join(' ')
}

function newestOf(secret: Secret | null | undefined): number {
  return secret?.versions.at(-1)?.version ?? 0
}

function isNewsFor(
  before: { node: NodeId | null; desired: string } | null | undefined,
  after: { node: NodeId | null; desired: string } | null | undefined,
): boolean {
  return !before || !after || before.node !== after.node || before.desired !== after.desired
}
