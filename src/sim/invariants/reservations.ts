// That nodes are given no more than their hosts have: what tasks reserve, as the log says it, beside what there really
// is. A host that becomes smaller is not at fault; whoever places one more task there is.

import { isOver, tasksOn } from '../../model/index.ts'
import { hostCapacity } from '../runtime.ts'
import type { Invariant } from './invariant.ts'

export const reservations: Invariant = {
  name: 'reservations',
  says: 'No node is given more than it has.',
  watch: (_, fail) => ({
    record: ({ before, state }) => {
      for (const [id, task] of before) {
        const node = state.tasks.get(id)?.node
        if (node == null || node === task?.node) continue
        let cpu = 0
        let memory = 0
        for (const each of tasksOn(state, node)) {
          if (isOver(each)) continue
          cpu += each.reserve.cpu
          memory += each.reserve.memory
        }
        if (cpu > hostCapacity.cpu || memory > hostCapacity.memory)
          fail(
            `${id} is given to ${node}, which is to give ${cpu} of cpu and ${memory} of memory with it, and has ${hostCapacity.cpu} and ${hostCapacity.memory}`,
          )
      }
    },
  }),
}
