// That nodes are given no more than they have, as the log says it.

import type { Invariant } from './invariant.ts'

export const reservations: Invariant = {
  name: 'reservations',
  says: 'No node is given more than it has.',
  watch: (_, fail) => {
    return {
      record: ({ before, state }) => {
        const touched = new Set<string>()
        for (const id of before.keys()) {
          const node = state.tasks.get(id)?.node
          if (node != null) touched.add(node)
        }
        for (const id of touched) {
          const node = state.nodes.get(id)
          if (!node) continue
          let cpu = 0
          let memory = 0
          for (const task of state.tasksByNode.get(id) ?? []) {
            const row = state.tasks.get(task)
            if (!row || over.has(row.status.phase)) continue
            cpu += row.reserve.cpu
            memory += row.reserve.memory
          }
          if (cpu > node.capacity.cpu || memory > node.capacity.memory)
            fail(
              `${id} has ${node.capacity.cpu} of cpu and ${node.capacity.memory} of memory, and is to give ${cpu} and ${memory}`,
            )
        }
      },
    }
  },
}

const over: ReadonlySet<string> = new Set(['stopped', 'complete', 'failed'])
