// The API that the command line speaks: one request, one answer, each operation checked by its schema. Invariant:
// whatever changes something is decided in the leader's turn and answered after its commit; who asks is taken from the
// subject, never from the message. It renders nothing.

import {
  applyStack,
  destroyStack,
  findNode,
  holdupsOf,
  losesUnasked,
  noSuchNode,
  releaseHold,
  removeNode,
  secretsToGenerate,
  setSecret,
  updateNode,
} from '../control/index.ts'
import type { Decision } from '../control/index.ts'
import {
  apiLogsRequest,
  apiOperations,
  applyRequest,
  decodeJson,
  destroyRequest,
  encodeJson,
  exitCodes,
  holdReleaseRequest,
  isName,
  nodeInspectRequest,
  nodeRemoveRequest,
  nodeUpdateRequest,
  secretListRequest,
  secretSetRequest,
  snapshotRequest,
  statusRequest,
  subjects,
  takeSnapshot,
  viewOf,
  volumeAddress,
  withoutSecretValues,
} from '../model/index.ts'
import type { ApiOperation, ApiReply, BusSubscription, ClusterState, StackDocument } from '../model/index.ts'
import type { Desk } from './desk.ts'
import { enrolmentHandlers, forgetMember } from './enrolment.ts'
import { answer, decide, fault, orTryAgain, parsed } from './handler.ts'
import type { Handler } from './handler.ts'
import { refuseCaller } from './rights.ts'

/** How long the agent may take to accept a log stream. */
const logsTimeoutMs = 5000
const secretLimitBytes = 64 * 1024

export function serveApi(desk: Desk): BusSubscription[] {
  const { bus, logger } = desk.leadership
  return [
    bus.serve(subjects.anyApi, async ({ subject, data }) => {
      const [, , caller = '', name = ''] = subject.split('.')
      const operation = apiOperations.find((each) => each === name)
      if (!operation)
        return encodeJson(
          fault(`this server knows no operation ${name}`, 'use a gantry of the same version as the cluster'),
        )
      const body = decodeJson(data)
      if (body === undefined)
        return encodeJson(fault('the request is not JSON', 'this is a bug of the caller'))
      const reply =
        (await callerRefused(desk, caller, operation, body)) ??
        (await handlers[operation](desk, { name: caller }, body))
      if (!reply.ok) logger.info({ caller, operation, error: reply.error.what }, 'refused a request')
      return encodeJson(reply)
    }),
  ]
}

/**
 * Null when the caller may ask for this. What is decided and not in the log yet may be seen here: a user that is being made
 * has no credentials so far, and one that is being revoked is refused a moment early.
 */
async function callerRefused(
  desk: Desk,
  caller: string,
  operation: ApiOperation,
  body: unknown,
): Promise<ApiReply | null> {
  const { state } = desk.leadership
  // A new log has no users before its first round.
  if (state.users.size === 0) await orTryAgain(desk.look(() => null))
  return refuseCaller(state, caller, operation, body, desk.now())
}

const handlers: Readonly<Record<ApiOperation, Handler>> = {
  ...enrolmentHandlers,

  status: parsed(statusRequest, async (desk, _, { after, waitMs }) => {
    if (after === undefined || waitMs === undefined) return answer(desk, (state) => viewOf(state, desk.now()))
    // Who follows asks again and again, and sees soon enough that another server leads.
    await desk.changed(after, waitMs)
    return { ok: true, value: await desk.follow((state) => viewOf(state, desk.now())) }
  }),

  snapshot: parsed(snapshotRequest, async (desk) =>
    answer(desk, (state) => withoutSecretValues(takeSnapshot(state, desk.now()))),
  ),

  apply: parsed(applyRequest, async (desk, caller, request) => {
    const { vault, entropy } = desk.leadership
    const { deleteVolumes = [], ...wish } = request
    return decide(desk, caller, (state) => {
      const generated = new Map(
        [...secretsToGenerate(request.document, state)].map(([address, bytes]) => [
          address,
          vault.seal(new TextEncoder().encode(base64url(entropy.bytes(bytes)))),
        ]),
      )
      const decision = applyStack(state, { ...wish, by: caller.name, generated }, desk.now())
      return decision.ok ? (needsConsent(state, request.document, deleteVolumes) ?? decision) : decision
    })
  }),

  destroy: parsed(destroyRequest, async (desk, caller, request) =>
    decide(desk, caller, (state) => destroyStack(state, { ...request, by: caller.name })),
  ),

  logs: parsed(apiLogsRequest, async (desk, _, request) => {
    const node = await desk.follow((state) => state.tasks.get(request.task)?.node ?? null)
    if (node === null)
      return fault(`there is no task ${request.task} on any node`, 'gantry status lists tasks')
    const { bus, signal } = desk.leadership
    await bus.request(subjects.node(node, 'logs'), encodeJson(request), { timeoutMs: logsTimeoutMs, signal })
    return { ok: true, value: { node } }
  }),

  secretSet: parsed(secretSetRequest, async (desk, caller, { stack, name, value }) => {
    if (!isName(stack) || !isName(name))
      return fault(`${stack}/${name} is not the name of a secret`, 'write it as STACK/NAME', exitCodes.usage)
    const plain = Buffer.from(value, 'base64')
    // The decoder leaves out what it does not know, and a value that is not what was sent would be believed.
    if (plain.toString('base64') !== value)
      return fault('the value is not base64', 'send padded base64 of the bytes', exitCodes.usage)
    if (plain.length === 0 || plain.length > secretLimitBytes)
      return fault(`the value has ${plain.length} bytes`, 'a secret has 1 to 65536 bytes', exitCodes.usage)
    const sealed = desk.leadership.vault.seal(plain)
    return decide(desk, caller, (state) => ({
      ok: true,
      ...setSecret(state, { stack, name, value: sealed, by: caller.name }, desk.now()),
      what: `set the secret ${stack}/${name}`,
    }))
  }),

  secretList: parsed(secretListRequest, async (desk, _, { stack }) =>
    answer(desk, (state) =>
      [...state.secrets.values()]
        .filter((secret) => stack === undefined || secret.stack === stack)
        .map((secret) => ({
          address: secret.address,
          versions: secret.versions.map(({ version, createdAt, createdBy }) => ({
            version,
            createdAt,
            createdBy,
          })),
          declared: secret.declared,
          generated: secret.spec.generateBytes !== undefined,
        })),
    ),
  ),

  nodeInspect: parsed(nodeInspectRequest, async (desk, _, { node }) =>
    desk.read((state) => inspectNode(state, node)),
  ),

  nodeUpdate: parsed(nodeUpdateRequest, async (desk, caller, request) =>
    decide(desk, caller, (state) => updateNode(state, request, desk.now())),
  ),

  nodeRemove: parsed(nodeRemoveRequest, async (desk, caller, request) =>
    forgetMember(desk, caller, request.node, (state) => removeNode(state, request, desk.now())),
  ),

  holdRelease: parsed(holdReleaseRequest, async (desk, caller) =>
    decide(desk, caller, (state) => releaseHold(state)),
  ),
}

/** The row of a node, and what is on it. */
function inspectNode(state: ClusterState, wanted: string): ApiReply {
  const node = findNode(state, wanted)
  if (!node) {
    const { what, fix, exit } = noSuchNode(state, wanted)
    return fault(what, fix, exit)
  }
  const tasks = holdupsOf(state, node).map(({ task, why }) => ({
    task: task.id,
    address: `${task.owner}.${task.slot}`,
    phase: task.status.phase,
    why,
  }))
  const reserved = state.reservedByNode.get(node.id) ?? { cpu: 0, memory: 0 }
  return { ok: true, value: { node, reserved, tasks } }
}

/** Data is deleted only for somebody who said so in this very command. */
function needsConsent(
  state: ClusterState,
  document: StackDocument,
  agreed: readonly string[],
): Decision | null {
  const lost = losesUnasked(state, document, agreed)
  if (lost.length === 0) return null
  const volumes = lost.map((name) => volumeAddress(document.stack, name)).join(', ')
  const options = lost.map((name) => `--delete-volume ${name}`).join(' ')
  return {
    ok: false,
    what: `this deletes the data of ${volumes}`,
    fix: `say so with ${options}, or keep the volume declared`,
    exit: exitCodes.policy,
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
