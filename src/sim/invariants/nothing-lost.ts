// What belongs to somebody: tasks to a service or job that is there, and data to people.

import { volumeName } from '../../agent/index.ts'
import type { Invariant } from './invariant.ts'

export const nothingLost: Invariant = {
  name: 'nothing-lost',
  says: 'Every task has an owner, and no volume with data is deleted without consent.',
  watch: ({ world, consents }, fail) => {
    /** Volumes that somebody agreed to lose, with the node of the data: `n1 gantry.….data`. */
    const agreed = new Set<string>()
    /** Volumes that a container has run with. */
    const filled = new Set<string>()
    return {
      record: ({ record, before, state }) => {
        for (const id of before.keys()) {
          const task = state.tasks.get(id)
          if (task && !state.services.has(task.owner) && !state.jobs.has(task.owner))
            fail(`${id} is left over: there is no ${task.owner}`)
        }
        if (record.kind !== 'commit') return
        for (const change of record.parts.flatMap(({ changes }) => changes)) {
          if ((change.table === 'services' || change.table === 'jobs') && change.value === null)
            for (const id of state.tasksByOwner.get(change.key) ?? [])
              fail(`${id} is left over: ${change.key} is gone`)
          if (change.table !== 'volumes') continue
          const volume = change.value
          if (volume?.node == null) continue
          const key = `${volume.node} ${volumeName(state.cluster?.id ?? '', volume.stack, volume.name)}`
          if (!volume.deleting) agreed.delete(key)
          else if (!agreed.has(key)) {
            const count = consents.volumes.get(change.key) ?? 0
            if (count === 0 && filled.has(key)) fail(`${change.key} is to be deleted, and nobody agreed`)
            consents.volumes.set(change.key, count - 1)
            agreed.add(key)
          }
        }
      },
      started: (node, { request }) => {
        for (const mount of request.mounts)
          if (mount.kind === 'volume') filled.add(`${node.id} ${mount.volume}`)
      },
      volumeGone: (node, volume) => {
        const key = `${node.id} ${volume}`
        if (filled.delete(key) && !agreed.has(key))
          fail(`${volume} on ${node.id} was deleted, and nobody agreed to lose its data`)
      },
      end: () => {
        const { state } = world
        for (const { id, host } of world.nodes)
          for (const { request } of host.running()) {
            const task = request.labels['gantry.task'] ?? ''
            if (state.tasks.get(task)?.node !== id) fail(`${task} runs on ${id}, and nobody knows it`)
          }
      },
    }
  },
}
