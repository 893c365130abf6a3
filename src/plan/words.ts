// Small words that steps, renderings and progress share. It decides nothing.

import type { ClusterState } from '../model/index.ts'

/** "1 task", "3 tasks". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** What people call a node; its id when it is not known. */
export function nodeName(state: ClusterState, id: string): string {
  return state.nodes.get(id)?.name ?? id
}

/** An address without its stack: `api`, `api.3`, `volume:data`. */
export function withinStack(address: string): string {
  return address.slice(address.indexOf('/') + 1)
}
