// What `gantry node` shows and reads: the list of nodes, one of them in full, labels and taints as they are written.
// Pure. Invariant: no line is wider than the terminal, and whatever keeps a node from its state is said in words.

import {
  exitCodes,
  Fault,
  formatCpu,
  humanBytes,
  humanDuration,
  isLastPhase,
  nodeUpdateRequest,
  wrapWords,
} from '../model/index.ts'
import type { ClusterView, Hold, Instant, Node, NodeUpdateRequest } from '../model/index.ts'
import { renderTable } from './table.ts'
import { printable } from './terminal.ts'
import type { Colors } from './terminal.ts'

/** What the leader says of one node. */
export interface Inspected {
  readonly node: Node
  readonly reserved: { readonly cpu: number; readonly memory: number }
  readonly tasks: readonly {
    readonly task: string
    readonly address: string
    readonly phase: string
    readonly why: string | null
  }[]
}

export interface Look {
  readonly width: number
  readonly color: Colors
}

export function renderNodes(view: ClusterView, { width, color }: Look): string {
  if (view.nodes.length === 0) return 'no nodes'
  const tasksOn = (id: string) => view.tasks.filter(({ node, phase }) => node === id && !isLastPhase(phase))
  const table = renderTable(
    view.nodes,
    [
      { title: 'NODE', cell: (node) => printable(node.name), min: 10 },
      {
        title: 'STATUS',
        cell: (node) => node.status,
        style: (text, node) =>
          node.status === 'ready'
            ? color.green(text)
            : node.status === 'lost'
              ? color.red(text)
              : color.yellow(text),
      },
      { title: 'AVAILABLE', cell: (node) => node.availability },
      { title: 'TASKS', cell: (node) => String(tasksOn(node.id).length), align: 'right' },
      { title: 'CPU', cell: (node) => formatCpu(node.capacity.cpu), align: 'right' },
      { title: 'MEMORY', cell: (node) => humanBytes(node.capacity.memory), align: 'right' },
      { title: 'NOTE', cell: (node) => printable(noteOf(node, view.at)), min: 10 },
    ],
    width,
    color.dim,
  )
  return [table, ...(view.hold ? [wrapWords(holdText(view.hold, view.at), width)] : [])].join('\n\n')
}

function noteOf(node: Node, at: Instant): string {
  const silent =
    node.silentSince === undefined ? [] : [`silent for ${humanDuration(Math.max(0, at - node.silentSince))}`]
  const taints = (node.taints ?? []).map(({ key, value }) => (value === '' ? key : `${key}=${value}`))
  return [...silent, ...(node.trouble === undefined ? [] : [node.trouble]), ...taints].join(' · ')
}

export function holdText({ since, of, nodes }: Hold, at: Instant): string {
  return `${nodes.length} of ${of} nodes vanished at once ${humanDuration(Math.max(0, at - since))} ago: nothing that was on them is replaced until enough of them are back. If they are gone for good: gantry node release`
}

export function renderNode(
  { node, reserved, tasks }: Inspected,
  at: Instant,
  { width, color }: Look,
): string {
  const pairs = (record: Readonly<Record<string, string>> = {}) =>
    Object.entries(record)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
      .join(', ')
  const since = (instant: Instant) => humanDuration(Math.max(0, at - instant))
  const facts: (readonly [string, string])[] = [
    ['node', `${node.name} (${node.id})`],
    ['status', `${node.status} for ${since(node.statusSince)}`],
    ['available', availabilityText(node, at)],
    ['trouble', node.trouble ?? ''],
    [
      'platform',
      `${node.platform.os}/${node.platform.arch}${node.kernel === undefined ? '' : `, kernel ${node.kernel}`}`,
    ],
    ['engine', node.engine],
    ['agent', node.agent],
    ['cpu', `${formatCpu(node.capacity.cpu)}, of which ${formatCpu(reserved.cpu)} reserved`],
    ['memory', `${humanBytes(node.capacity.memory)}, of which ${humanBytes(reserved.memory)} reserved`],
    ['disk', node.disk === undefined ? '' : humanBytes(node.disk)],
    ['devices', (node.devices ?? []).join(', ')],
    ['labels', pairs(node.labels)],
    ['  set here', pairs(node.operatorLabels)],
    ['taints', (node.taints ?? []).map((each) => taintText(each)).join(', ')],
    ['joined', `${since(node.joinedAt)} ago`],
  ]
  const indent = ' '.repeat(12)
  const lines = facts
    .filter(([, value]) => value !== '')
    .map(
      ([name, value]) =>
        `${color.dim(name.padEnd(11))} ${wrapWords(printable(value), Math.max(20, width - indent.length)).replaceAll('\n', `\n${indent}`)}`,
    )
  const listed = tasks.flatMap(({ address, phase, why }) => [
    `  ${address}  ${phase}`,
    ...(why === null
      ? []
      : [`    ${wrapWords(printable(why), Math.max(20, width - 4)).replaceAll('\n', '\n    ')}`]),
  ])
  return [...lines, ...(listed.length === 0 ? ['no tasks'] : ['tasks', ...listed])].join('\n')
}

function availabilityText({ availability, drain }: Node, at: Instant): string {
  if (availability !== 'drain' || !drain) return availability
  const since = `drain for ${humanDuration(Math.max(0, at - drain.since))}`
  if (drain.deadline === null) return since
  return drain.deadline > at
    ? `${since}, what is left is stopped in ${humanDuration(drain.deadline - at)}`
    : `${since}, past its deadline`
}

/** `gpu=a100:noschedule` */
function taintText({ key, value, effect }: NonNullable<Node['taints']>[number]): string {
  return `${key}${value === '' ? '' : `=${value}`}:${effect}`
}

/** `zone=a` sets a label, `zone-` removes it. */
export function readLabels(texts: readonly string[]): NonNullable<NodeUpdateRequest['labels']> {
  const labels: Record<string, string | null> = {}
  for (const text of texts) {
    const [, key, value] = /^([^=]+?)(?:=(.*)|-)$/su.exec(text) ?? []
    if (key === undefined || Object.hasOwn(labels, key)) throw badLabel(text, key !== undefined)
    labels[key] = value ?? null
  }
  if (!nodeUpdateRequest.shape.labels.safeParse(labels).success) throw badLabel(texts.join(' '), false)
  return labels
}

function badLabel(text: string, isTwice: boolean): Fault {
  return new Fault({
    what: isTwice
      ? `${JSON.stringify(text)} speaks of a label for the second time`
      : `${JSON.stringify(text)} is not a label`,
    fix: 'write KEY=VALUE to set one, KEY- to remove one; a key is letters, digits, ".", "_", "/" and "-"',
    exit: exitCodes.usage,
  })
}

/** `gpu=a100:noschedule` or `gpu:noexecute` sets a taint, `gpu-` removes it. */
export function readTaint(text: string): Pick<NodeUpdateRequest, 'taint' | 'untaint'> {
  const removed = /^([^=:]+)-$/.exec(text)?.[1]
  if (removed !== undefined) return { untaint: [removed] }
  const [, key, value = '', effect] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text) ?? []
  const taint = nodeUpdateRequest.shape.taint.safeParse({ key, value, effect })
  if (taint.success && taint.data) return { taint: taint.data }
  throw new Fault({
    what: `${JSON.stringify(text)} is not a taint`,
    fix: 'write KEY=VALUE:noschedule, KEY:noexecute, or KEY- to remove it',
    exit: exitCodes.usage,
  })
}
