// Health checks. Invariant: what Compose takes for granted (30 s between two checks, 30 s for one, 3 failures) is written
// out, because gantry's own defaults are others.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import { spokenText } from './references.ts'
import type { Speaker } from './references.ts'
import { present } from './container.ts'
import type { MapNode, Node } from './tree.ts'
import { scalarsBelow } from './tree.ts'
import { durationExpr, fieldOf, mapOf, numberExpr, piecesOf, plainOf, truthOf } from './values.ts'

/** undefined where there is none, or it is switched off. */
export function readHealth(speaker: Speaker): Expr | undefined {
  const { session, facts } = speaker
  const node = mapOf(session, fieldOf(facts.node, 'healthcheck'))
  if (!node || truthOf(session, fieldOf(node, 'disable')) === true) return undefined
  const testNode = present(node, 'test')
  if (!testNode) {
    session.ledger.refused(
      node,
      "the test is the image's own, and gantry does not read it",
      'write the test of the image here',
    )
    return undefined
  }
  const command = readTest(speaker, testNode)
  if (!command) return undefined
  if (facts.isJob) {
    session.ledger.refused(node, 'a job runs to its end and has no health')
    return undefined
  }
  return code.object({
    exec: command,
    every: durationExpr(session, present(node, 'interval')) ?? code.string('30s'),
    timeout: durationExpr(session, present(node, 'timeout')) ?? code.string('30s'),
    failures: numberExpr(session, present(node, 'retries'), { min: 1, max: 1000 }),
  })
}

function readTest(speaker: Speaker, node: Node): Expr | undefined {
  const { session } = speaker
  const shell = (item: Node): Expr => {
    const pieces = piecesOf(session, item) ?? []
    return code.array([code.string('sh'), code.string('-c'), spokenText(speaker, pieces, item)])
  }
  if (node.kind !== 'list') return shell(node)
  const [first, ...rest] = node.items
  const kind = first && plainOf(session, first)
  switch (kind) {
    case 'NONE':
      return undefined
    case 'CMD':
      if (rest.length > 0)
        return code.array(rest.map((item) => spokenText(speaker, piecesOf(session, item) ?? [], item)))
      break
    case 'CMD-SHELL':
      if (rest[0] && rest.length === 1) return shell(rest[0])
      break
    case undefined:
    default:
  }
  session.ledger.refused(node, 'a test is NONE, CMD with a command, CMD-SHELL with one text, or a text')
  return undefined
}

/** Ports that the file says speak HTTP: health checks, and labels and variables of the usual proxies. */
export function httpPortsOf(service: MapNode, names: readonly string[]): Set<number> {
  const ports = new Set<number>()
  const hosts = ['localhost', '127.0.0.1', '0.0.0.0', '[::1]', ...names].map((each) =>
    each.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  )
  const url = new RegExp(`\\bhttp://(?:${hosts.join('|')})(?::(\\d{1,5}))?(?![\\w.:-])`, 'g')
  const test = fieldOf(mapIfMap(service, 'healthcheck'), 'test')
  for (const scalar of test ? scalarsBelow(test) : [])
    for (const match of scalar.source.matchAll(url)) ports.add(Number(match[1] ?? 80))
  for (const key of ['labels', 'environment', 'deploy'])
    for (const [name, value] of textPairs(fieldOf(service, key)))
      if (
        /^traefik\.http\.services\..*\.loadbalancer\.server\.port$|^VIRTUAL_PORT$/.test(name) &&
        /^\d{1,5}$/.test(value)
      )
        ports.add(Number(value))
  return ports
}

function mapIfMap(node: MapNode, key: string): MapNode | undefined {
  const value = fieldOf(node, key)
  return value?.kind === 'map' ? value : undefined
}

/** Pairs at any depth, in both notations. */
function* textPairs(node: Node | undefined): Generator<[string, string]> {
  if (node?.kind === 'map')
    for (const { key, value } of node.entries)
      if (value.kind === 'scalar') yield [key, String(value.value)]
      else yield* textPairs(value)
  if (node?.kind === 'list')
    for (const item of node.items)
      if (item.kind === 'scalar' && typeof item.value === 'string') {
        const at = item.value.indexOf('=')
        if (at > 0) yield [item.value.slice(0, at), item.value.slice(at + 1)]
      }
}
