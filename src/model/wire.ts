// What crosses the bus: the session of an agent with the leader, log streams, and the API that the command line
// speaks. Everything that arrives is parsed by these schemas before it is believed. Invariant: a message names the
// term it belongs to wherever acting on an old one would do harm. Subjects stand here too, in one place.

import { z } from 'zod'
import { taskTemplate } from './container.ts'
import { sources, stackDocument } from './document.ts'
import type { Change, NodeId } from './state.ts'

/** Grows when a change of the messages below is not compatible. */
export const protocolVersion = 1

// --- subjects -------------------------------------------------------------------------------------------------

/** An agent may publish below its own id only; the leader listens to all of them. */
export const subjects = {
  /** Core NATS; the leader says every 250 ms that it is there. */
  leaderAlive: 'gantry.leader.alive',
  node: (id: NodeId, message: NodeMessage) => `gantry.node.${id}.${message}`,
  anyNode: (message: NodeMessage) => `gantry.node.*.${message}`,
  /** The caller's identity is part of the subject, so that it cannot be forged. */
  api: (caller: string, operation: ApiOperation) => `gantry.api.${caller}.${operation}`,
  anyApi: 'gantry.api.*.*',
  server: (id: string, message: ServerMessage) => `gantry.server.${id}.${message}`,
  anyServer: (message: ServerMessage) => `gantry.server.*.${message}`,
  join: (token: string) => `gantry.join.${token}`,
  anyJoin: 'gantry.join.*',
  /** A server that joined says that it runs, until it is counted. */
  serverReady: (id: string) => `gantry.server.${id}.ready`,
  anyServerReady: 'gantry.server.*.ready',
  stream: (id: NodeId, streamId: string) => `gantry.stream.${id}.${streamId}`,
} as const

/** `hello`, `heartbeat`, `report`: agent to leader. `assign`, `logs`: leader to agent. */
export type NodeMessage = 'hello' | 'heartbeat' | 'report' | 'assign' | 'logs'

/** `copied`: from a server to all, what it has on its disk. `vote`: to a server, from one that would lead. */
export type ServerMessage = 'copied' | 'vote'

// --- session --------------------------------------------------------------------------------------------------

const count = z.int().nonnegative()

/** A secret's value sealed to one node's curve key, base64. */
export const sealedSecret = z.strictObject({ name: z.string(), version: count, sealed: z.string() })
export type SealedSecret = z.infer<typeof sealedSecret>

export const assignment = z.strictObject({
  task: z.string(),
  kind: z.enum(['service', 'job']),
  stack: z.string(),
  /** Name of the service or job within its stack. */
  name: z.string(),
  slot: z.int().min(1),
  revision: z.int().min(1),
  desired: z.enum(['run', 'stop']),
  /** It runs only while its lease lasts: so long from the sending of the heartbeat whose answer renewed it. */
  fenceMs: count.optional(),
  /** A try of a job that has ended: what is left of it is kept for its logs, and it never runs again, whatever is left. */
  over: z.literal(true).optional(),
  /** Tag or digest the engine is asked for. */
  image: z.string(),
  /** True when the image was built from the stack's folder: it is never pulled from a registry. */
  built: z.boolean(),
  template: taskTemplate,
  /** Volumes of the template that are memory of the node, with their size in bytes; 0 is the kernel's own limit. */
  memoryVolumes: z.record(z.string(), count).optional(),
  secrets: z.array(sealedSecret),
})
export type Assignment = z.infer<typeof assignment>

export const assignmentSet = z.strictObject({
  term: count,
  /** Version the agent must hold for a partial set to fit; null: this is the whole set. */
  base: count.nullable(),
  version: count,
  set: z.array(assignment),
  /** Tasks that are no longer this node's business: stop them if they run, and forget them. */
  remove: z.array(z.string()),
  /** Volumes whose data is to be deleted, `stack/volume:name`. */
  deleteVolumes: z.array(z.string()),
})
export type AssignmentSet = z.infer<typeof assignmentSet>

export const helloRequest = z.strictObject({
  protocol: z.literal(protocolVersion),
  /** Identity of this process of the agent; a new process starts a new session. */
  boot: z.string(),
  name: z.string(),
  /** The newest term it has seen and the version of the assignments it holds; 0 when it holds none. */
  term: count,
  version: count,
  platform: z.strictObject({ os: z.string(), arch: z.string() }),
  engine: z.string(),
  agent: z.string(),
  capacity: z.strictObject({ cpu: count, memory: count }),
  labels: z.record(z.string(), z.string()),
  kernel: z.string().optional(),
  disk: count.optional(),
  devices: z.array(z.string()).max(1000).optional(),
  sealKey: z.string(),
})
export type HelloRequest = z.infer<typeof helloRequest>

export const helloReply = z.union([
  z.strictObject({
    ok: z.literal(true),
    session: z.string(),
    cluster: z.string(),
    heartbeatMs: count,
    assignments: assignmentSet,
  }),
  z.strictObject({ ok: z.literal(false), term: count, reason: z.string() }),
])
export type HelloReply = z.infer<typeof helloReply>

export const heartbeatRequest = z.strictObject({
  session: z.string(),
  term: count,
  version: count,
  /** It holds fenced tasks, and asks for their leases. */
  fenced: z.literal(true).optional(),
  /** What is wrong with the host; absent: nothing. */
  trouble: z.string().max(1000).optional(),
})
export type HeartbeatRequest = z.infer<typeof heartbeatRequest>

/** `ok: false` means: this leader does not know the session, say hello again. */
export const heartbeatReply = z.union([
  z.strictObject({
    ok: z.literal(true),
    term: count,
    assignments: assignmentSet.nullable(),
    /** Tasks whose lease is renewed, counted from the moment at which the heartbeat was sent. */
    leases: z.array(z.string()).optional(),
  }),
  z.strictObject({ ok: z.literal(false), term: count, reason: z.string() }),
])
export type HeartbeatReply = z.infer<typeof heartbeatReply>

/** What an agent says of one task. */
export const taskReport = z.strictObject({
  task: z.string(),
  phase: z.enum(['preparing', 'starting', 'running', 'backoff', 'stopping', 'stopped', 'complete', 'failed']),
  health: z.enum(['unknown', 'healthy', 'unhealthy']),
  restarts: count,
  exitCode: z.int().nullable(),
  message: z.string().max(1000).nullable(),
  containerId: z.string().nullable(),
  ip: z.string().nullable(),
})
export type TaskReport = z.infer<typeof taskReport>

export const reportRequest = z.strictObject({
  session: z.string(),
  term: count,
  /** Counts the reports of a session from 1; one that arrives after a later one is out of date. */
  number: count.optional(),
  /** Each report holds the newest status of a task; an older one that was lost does not matter. */
  tasks: z.array(taskReport).max(10_000),
  /** Volumes whose data has been deleted. */
  deletedVolumes: z.array(z.string()),
})
export type ReportRequest = z.infer<typeof reportRequest>

export const reportReply = heartbeatReply
export type ReportReply = HeartbeatReply

/** The agent's answer to `assign`: what it holds now. A version below the one sent means it could not take the set. */
export const assignReply = z.strictObject({ term: count, version: count })
export type AssignReply = z.infer<typeof assignReply>

// --- log streams ----------------------------------------------------------------------------------------------

export const logsRequest = z.strictObject({
  task: z.string(),
  stream: z.string().regex(/^[A-Za-z0-9]{8,64}$/),
  follow: z.boolean(),
  /** Lines from the end; null is all. */
  tail: count.max(1_000_000).nullable(),
})
export type LogsRequest = z.infer<typeof logsRequest>

/** The agent *requests* each chunk from the reader and waits for the answer, so a slow reader slows the stream down. */
export const logChunk = z.strictObject({
  task: z.string(),
  number: count,
  lines: z.array(z.strictObject({ at: z.string(), source: z.enum(['stdout', 'stderr']), text: z.string() })),
  /** Set in the last chunk: null for a good end, else why it ended. */
  end: z.strictObject({ error: z.string().nullable() }).nullable(),
})
export type LogChunk = z.infer<typeof logChunk>

// --- the API --------------------------------------------------------------------------------------------------

export const apiOperations = [
  'status',
  'snapshot',
  'apply',
  'destroy',
  'logs',
  'secretSet',
  'secretList',
  'nodeInspect',
  'nodeUpdate',
  'nodeRemove',
  'holdRelease',
  'tokenCreate',
  'tokenList',
  'tokenRevoke',
  'userCreate',
  'userList',
  'userRevoke',
] as const
export type ApiOperation = (typeof apiOperations)[number]

/** Every answer of the API. `exit` is the command line's exit code for the fault. */
export const apiReply = z.union([
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({
    ok: z.literal(false),
    error: z.strictObject({
      what: z.string(),
      why: z.string().optional(),
      fix: z.string().optional(),
      exit: z.int(),
    }),
  }),
])
export type ApiReply = z.infer<typeof apiReply>

/** Answers when the state is newer than `after`, or when `waitMs` is over. */
export const statusRequest = z.strictObject({
  after: count.optional(),
  waitMs: count.max(30_000).optional(),
})
export type StatusRequest = z.infer<typeof statusRequest>

export const snapshotRequest = z.strictObject({})

export const applyRequest = z.strictObject({
  document: stackDocument,
  sources,
  /** Identity of the plan; the same plan is refused a second time. */
  planId: z.string().min(8).max(100),
  /** Version of the stack that the plan was made from; 0 when there was none. */
  baseVersion: count,
  /** Names of the volumes whose data may be deleted by this; an apply that deletes that of others is refused. */
  deleteVolumes: z.array(z.string()).optional(),
})
export type ApplyRequest = z.infer<typeof applyRequest>

export const applyReply = z.strictObject({ seq: count, version: count })
export type ApplyReply = z.infer<typeof applyReply>

export const destroyRequest = z.strictObject({
  stack: z.string(),
  baseVersion: count,
  /** Names of the volumes whose data is deleted; all others are retained. */
  deleteVolumes: z.array(z.string()),
})
export type DestroyRequest = z.infer<typeof destroyRequest>

export const apiLogsRequest = z.strictObject({
  task: z.string(),
  stream: z.string().regex(/^[A-Za-z0-9]{8,64}$/),
  follow: z.boolean(),
  tail: count.max(1_000_000).nullable(),
})
export type ApiLogsRequest = z.infer<typeof apiLogsRequest>

export const apiLogsReply = z.strictObject({ node: z.string() })

export const secretSetRequest = z.strictObject({
  stack: z.string(),
  name: z.string(),
  /** Base64 of 1 to 65,536 bytes, whatever they are; what is not text can be had as a file only. */
  value: z.string().max(90_000),
})
export type SecretSetRequest = z.infer<typeof secretSetRequest>

export const secretSetReply = z.strictObject({ version: count })

export const secretListRequest = z.strictObject({ stack: z.string().optional() })
export const secretListReply = z.array(
  z.strictObject({
    address: z.string(),
    versions: z.array(z.strictObject({ version: count, createdAt: count, createdBy: z.string() })),
    declared: z.boolean(),
    generated: z.boolean(),
  }),
)

/** `node` is the id or the name of one. */
export const nodeInspectRequest = z.strictObject({ node: z.string() })

/** What still keeps a node from being empty, a line each. */
export const nodeInspectReply = z.looseObject({
  node: z.looseObject({ id: z.string(), name: z.string() }),
  reserved: z.strictObject({ cpu: count, memory: count }),
  tasks: z.array(
    z.strictObject({ task: z.string(), address: z.string(), phase: z.string(), why: z.string().nullable() }),
  ),
})

const labelName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/)
const labelValue = z
  .string()
  .max(255)
  .regex(/^[^\p{C}]*$/u)

const taint = z.strictObject({
  key: labelName,
  value: labelValue,
  effect: z.enum(['noschedule', 'noexecute']),
})

/** What is absent stays as it is. */
export const nodeUpdateRequest = z.strictObject({
  node: z.string(),
  availability: z.enum(['active', 'pause', 'drain']).optional(),
  /** Of a drain: after so long, tasks that could not be moved are stopped; 0: at once. */
  deadlineMs: count.optional(),
  /** Null removes a label. */
  labels: z.record(labelName, labelValue.nullable()).optional(),
  taint: taint.optional(),
  /** Keys of taints to remove. */
  untaint: z.array(z.string()).optional(),
})
export type NodeUpdateRequest = z.infer<typeof nodeUpdateRequest>

export const nodeRemoveRequest = z.strictObject({
  node: z.string(),
  /** The data of volumes that are on it counts as lost. */
  forgetVolumes: z.boolean(),
})
export type NodeRemoveRequest = z.infer<typeof nodeRemoveRequest>

export const holdReleaseRequest = z.strictObject({})

/** The tables of the state as arrays; the client folds them back with `stateFromSnapshot`. */
export interface StateSnapshot {
  readonly format: 1
  readonly seq: number
  readonly term: number
  readonly leader: string | null
  readonly at: number
  readonly rows: readonly Change[]
}
