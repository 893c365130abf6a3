// How many tasks, where they run, what happens when they end and how they are replaced. Invariant: of `deploy`, what has
// a counterpart is written with the same meaning; what has none is refused by its key.

import { readDuration } from './amounts.ts'
import * as code from './code.ts'
import type { Expr } from './code.ts'
import { present } from './container.ts'
import type { Session } from './session.ts'
import type { MapNode, Node } from './tree.ts'
import {
  durationExpr,
  fieldOf,
  itemsOf,
  mapOf,
  numberExpr,
  piecesOf,
  plainOf,
  wholeOf,
  wordOf,
} from './values.ts'

export interface Replication {
  readonly mode: 'replicated' | 'global' | 'replicated-job' | 'global-job'
  readonly count: Expr | undefined
  /** There may be several at a time. */
  readonly isMany: boolean
}

const most = { min: 0, max: 100_000 }

export function readReplication(session: Session, service: MapNode): Replication {
  const deploy = mapOf(session, fieldOf(service, 'deploy'))
  const mode =
    wordOf(session, present(deploy, 'mode'), ['replicated', 'global', 'replicated-job', 'global-job']) ??
    'replicated'
  const endpoint = present(deploy, 'endpoint_mode')
  if (endpoint && plainOf(session, endpoint) === 'dnsrr')
    session.ledger.refused(endpoint, 'a service has one address that leads to all of its tasks')
  const replicas = present(deploy, 'replicas')
  const scale = present(service, 'scale')
  if (replicas && scale) session.ledger.overruled(scale, 'deploy.replicas says it')
  const count = numberExpr(session, replicas ?? scale, most)
  const isOne = count === undefined || (count.kind === 'number' && count.value <= 1)
  return { mode, count, isMany: mode === 'global' || !isOne }
}

export function readPlacement(session: Session, service: MapNode): Expr | undefined {
  const placement = mapOf(session, fieldOf(mapOf(session, fieldOf(service, 'deploy')), 'placement'))
  const rules: (readonly (string | Expr)[])[] = [
    ...platformRules(session, present(service, 'platform')),
    ...itemsOf(session, fieldOf(placement, 'constraints')).flatMap((item) => constraintRules(session, item)),
    ...itemsOf(session, fieldOf(placement, 'preferences')).flatMap((item) => spreadRules(session, item)),
  ]
  const most = wholeOf(session, present(placement, 'max_replicas_per_node'), { min: 0, max: 100_000 })
  if (most !== undefined && most > 0) rules.push([`max ${most} per node`])
  if (rules.length === 0) return undefined
  return code.template(
    rules.flatMap((rule, index) => (index === 0 ? rule : ['; ', ...rule])),
    'place',
  )
}

/** A value in the template itself where it is a plain word, in a hole where it could be read otherwise. */
function comparison(attribute: string, operator: string, value: string): (string | Expr)[] {
  return /^[\w./-]+$/.test(value)
    ? [`require ${attribute} ${operator} "${value}"`]
    : [`require ${attribute} ${operator} `, code.string(value)]
}

const architectures: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
])

function platformRules(session: Session, node: Node | undefined): (string | Expr)[][] {
  const text = plainOf(session, node)
  if (!node || text === undefined) return []
  const parts = text.split('/')
  const [os, arch, variant] = parts.length === 1 && parts[0] !== 'linux' ? [undefined, parts[0]] : parts
  if (variant !== undefined)
    session.ledger.changed(node, `the variant ${variant} of ${arch ?? ''} is not told apart`)
  return [
    ...(os === undefined ? [] : [comparison('node.os', '==', os)]),
    ...(arch === undefined ? [] : [comparison('node.arch', '==', architectures.get(arch) ?? arch)]),
  ]
}

const attributes: Readonly<Record<string, string>> = {
  'node.id': 'node.id',
  'node.hostname': 'node.name',
  'node.platform.os': 'node.os',
  'node.platform.arch': 'node.arch',
}

function attributeOf(name: string): string | undefined {
  if (Object.hasOwn(attributes, name)) return attributes[name]
  return /^node\.labels\.[A-Za-z0-9_](?:[A-Za-z0-9_./-]*[A-Za-z0-9_])?$/.test(name) ? name : undefined
}

function constraintRules(session: Session, node: Node): (string | Expr)[][] {
  const pieces = piecesOf(session, node)
  if (!pieces) return []
  const text = plainOf(session, node)
  const match = /^\s*([\w./-]+)\s*(==|!=)\s*(.*?)\s*$/.exec(text ?? '')
  if (text === undefined) return []
  const attribute = attributeOf(match?.[1] ?? '')
  if (match && attribute !== undefined) {
    const value = match[3] ?? ''
    const isArch = attribute === 'node.arch'
    return [comparison(attribute, match[2] ?? '==', isArch ? (architectures.get(value) ?? value) : value)]
  }
  session.ledger.refused(
    node,
    match?.[1] === 'node.role'
      ? 'there are no managers and workers: every node runs tasks'
      : `${JSON.stringify(text)} speaks of nothing that a node has`,
    'label the nodes, and require node.labels.<name>',
  )
  return []
}

function spreadRules(session: Session, node: Node): (string | Expr)[][] {
  const map = mapOf(session, node)
  const spread = plainOf(session, fieldOf(map, 'spread'))
  if (!map || spread === undefined) return []
  const attribute = attributeOf(spread)
  if (attribute !== undefined) return [[`spread ${attribute}`]]
  session.ledger.refused(
    fieldOf(map, 'spread') ?? map,
    `${JSON.stringify(spread)} is nothing that a node has`,
  )
  return []
}

export function readRestart(session: Session, service: MapNode): Expr | undefined {
  const policyNode = mapOf(session, fieldOf(mapOf(session, fieldOf(service, 'deploy')), 'restart_policy'))
  const short = present(service, 'restart')
  if (!policyNode) return readShortRestart(session, short)
  if (short) session.ledger.overruled(short, 'deploy.restart_policy says it')
  const condition = wordOf(session, present(policyNode, 'condition'), ['none', 'on-failure', 'any']) ?? 'any'
  const policy = { none: 'never', 'on-failure': 'on-failure', any: 'always' }[condition]
  const delay = durationExpr(session, present(policyNode, 'delay'))
  const window = durationExpr(session, present(policyNode, 'window'))
  if (!delay && !window) return code.string(policy)
  return code.object({
    policy: code.string(policy),
    delay: delay && isZero(delay) ? undefined : delay,
    resetAfter: window && isZero(window) ? undefined : window,
  })
}

function isZero(expr: Expr): boolean {
  return expr.kind === 'string' && readDuration(expr.value)?.ms === 0
}

/** `"no"`, and `no` without quotes, which YAML 1.1 took for false. */
function readShortRestart(session: Session, node: Node | undefined): Expr | undefined {
  const text = plainOf(session, node)
  if (!node || text === undefined) return undefined
  const match = /^(no|false|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text)
  switch (match?.[1]) {
    case 'no':
    case 'false':
      return code.string('never')
    case 'always':
      return code.string('always')
    case 'unless-stopped':
      session.ledger.note(node, 'a service that is to stand still has replicas: 0')
      return code.string('always')
    case 'on-failure':
      if (match[2] !== undefined)
        session.ledger.refused(
          node,
          `restarts are not counted: it is restarted as often as it fails, not ${match[2]} times`,
          'see restart.maxDelay and reschedule',
        )
      return code.string('on-failure')
    case undefined:
    default:
      session.ledger.refused(
        node,
        `it takes no, always, on-failure or unless-stopped, not ${JSON.stringify(text)}`,
      )
      return undefined
  }
}

/** `alone` says why there can be one task of a replica at a time. */
export function readRollout(
  session: Session,
  service: MapNode,
  alone: () => string | undefined,
): Expr | undefined {
  const update = mapOf(session, fieldOf(mapOf(session, fieldOf(service, 'deploy')), 'update_config'))
  if (!update) return undefined
  const order = wordOf(session, present(update, 'order'), ['start-first', 'stop-first'])
  const orderNode = fieldOf(update, 'order')
  const pause = durationExpr(session, present(update, 'delay'))
  return code.object({
    batch: readBatch(session, present(update, 'parallelism')),
    order:
      order &&
      code.later(() => {
        const why = alone()
        if (order === 'stop-first' || why === undefined) return code.string(order)
        if (orderNode) session.ledger.changed(orderNode, `${why}: it is 'stop-first'`)
        return code.string('stop-first')
      }),
    minHealthy: durationExpr(session, present(update, 'monitor')),
    onFailure: readFailureAction(session, present(update, 'failure_action')),
    pause: pause && isZero(pause) ? undefined : pause,
  })
}

/** 0 is all at once. */
function readBatch(session: Session, node: Node | undefined): Expr | undefined {
  const count = numberExpr(session, node, most)
  return count?.kind === 'number' && count.value === 0 ? code.string('100%') : count
}

function readFailureAction(session: Session, node: Node | undefined): Expr | undefined {
  const action = wordOf(session, node, ['pause', 'rollback', 'continue'])
  if (action !== 'continue' || !node) return action && code.string(action)
  session.ledger.refused(node, 'a rollout that failed does not go on', "write 'pause' or 'rollback'")
  return undefined
}
